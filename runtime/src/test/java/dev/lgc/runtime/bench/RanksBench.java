package dev.lgc.runtime.bench;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeCacheWriter;
import dev.lgc.runtime.report.MetricsLog;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Seconds of a training step of LlamaGen on one process and on two ranks, in turns. Arguments: the
 * launcher, the model's size, turns, and an empty folder. All of it trains on batches of 8 samples
 * of 256 random codes: one process with all threads and a whole batch; the same with two shards;
 * two ranks that divide the threads; a rank alone with its threads and its half of the batch.
 */
public final class RanksBench {
  private static final int STEPS = 6;
  private static final int WARM = 3;

  private RanksBench() {}

  /** A way to train: settings of the run file and arguments of the command. */
  private record Way(String settings, List<String> arguments) {}

  public static void main(String[] args) throws Exception {
    Path dir = Path.of(args[3]).toAbsolutePath();
    Files.createDirectories(dir);
    codes(dir.resolve("random.codes"));
    int half = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("one", new Way("batch: 8\nshards: 1\n", List.of()));
    ways.put("one of two shards", new Way("batch: 8\nshards: 2\n", List.of()));
    ways.put("two ranks", new Way("batch: 8\nshards: 2\n", List.of("--ranks", "2")));
    ways.put("half alone", new Way("batch: 4\nthreads: " + half + "\n", List.of()));
    for (int turn = 0; turn < Integer.parseInt(args[2]); turn++) {
      for (Map.Entry<String, Way> way : ways.entrySet()) {
        String folder = way.getKey().replace(' ', '-') + turn;
        List<Double> seconds = train(args[0], args[1], dir, folder, way.getValue());
        System.out.println(Text.format("%-18s %s", way.getKey(), seconds));
      }
    }
  }

  private static void codes(Path path) throws IOException {
    Random random = new Random(1);
    CodeCacheInfo info = new CodeCacheInfo("f00d", 16, 16, 16384, 1, 0, List.of("a"));
    try (CodeCacheWriter out = CodeCache.create(path, info)) {
      for (int i = 0; i < 64; i++) {
        out.append(0, random.ints(256, 0, 16384).toArray());
      }
      out.finish();
    }
  }

  private static List<Double> train(String lgc, String size, Path dir, String folder, Way way)
      throws IOException, InterruptedException {
    Path run = dir.resolve(folder + ".yaml");
    Files.writeString(
        run,
        Text.format(
            """
            model: {arch: llamagen, name: ClassToImage, parameters: {size: "%s"}}
            codes: {path: random.codes}
            steps: %d
            log: {every: 1}
            checkpoint: {dir: %s, every: 1000}
            %s
            """,
            size, STEPS, folder, way.settings()));
    List<String> command = new ArrayList<>(List.of(lgc, "train", run.toString()));
    command.addAll(way.arguments());
    int code =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(new File(dir.toFile(), folder + ".log"))
            .start()
            .waitFor();
    if (code != 0) {
      throw new IOException(folder + ": " + Files.readString(dir.resolve(folder + ".log")));
    }
    int batch = way.settings().startsWith("batch: 4") ? 4 : 8;
    List<MetricsLog.Row> rows = MetricsLog.read(dir.resolve(folder).resolve("metrics.jsonl"));
    return IntStream.range(WARM, rows.size())
        .mapToObj(i -> batch / rows.get(i).values().get("samples_per_second"))
        .map(s -> Math.round(s * 1000) / 1000.0)
        .toList();
  }
}
