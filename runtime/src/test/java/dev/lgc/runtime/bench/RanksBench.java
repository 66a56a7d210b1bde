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
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Seconds of a training step of LlamaGen, and the most resident memory of each process, on one
 * process and on several ranks, in turns. Arguments: the launcher, the model's size, turns, an
 * empty folder, and the names of ways to train if not all are wanted. All of it trains on batches
 * of 8 samples of 256 random codes, but for half a batch. Linux only.
 *
 * <p>Where checkpoints are saved within a run, the seconds are of each optimizer step from the 4th
 * on with what goes on until the next: after every 4th, a checkpoint is copied, and then written
 * beside the next steps.
 *
 * <pre>
 * one             one process with all threads and a whole batch
 * one-of-2        the same with two shards; one-of-4: with four
 * half            a process with half the threads and half of the batch
 * ranks-2         two ranks that divide the threads, data-parallel; ranks-4: four
 * sharded-2       the same, fully sharded; sharded-4: four
 * hybrid-4        four ranks in groups of two
 * save-one        one process that saves after every 4th step; save-sharded-2: two ranks
 * </pre>
 */
public final class RanksBench {
  private static final int STEPS = 8;
  private static final int SAVE_EVERY = 4;
  private static final int NEVER = 1000;
  private static final int WARM = 3;
  private static final int LOOK_MILLIS = 200;

  private RanksBench() {}

  /** A way to train: settings of the run file and the number of ranks. */
  private record Way(int batch, int ranks, String settings, boolean saves) {
    Way(int batch, int ranks, String settings) {
      this(batch, ranks, settings, false);
    }

    int steps() {
      return saves ? 3 * SAVE_EVERY + 2 : STEPS;
    }
  }

  public static void main(String[] args) throws Exception {
    Path dir = Path.of(args[3]).toAbsolutePath();
    Files.createDirectories(dir);
    codes(dir.resolve("random.codes"));
    int half = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("one", new Way(8, 1, "shards: 1\n"));
    ways.put("one-of-2", new Way(8, 1, "shards: 2\n"));
    ways.put("one-of-4", new Way(8, 1, "shards: 4\n"));
    ways.put("half", new Way(4, 1, "threads: " + half + "\n"));
    for (int ranks : new int[] {2, 4}) {
      ways.put("ranks-" + ranks, new Way(8, ranks, "strategy: data_parallel\n"));
      ways.put("sharded-" + ranks, new Way(8, ranks, "strategy: fully_sharded\n"));
    }
    ways.put("hybrid-4", new Way(8, 4, "strategy: hybrid\ngroup: 2\n"));
    ways.put("save-one", new Way(8, 1, "shards: 1\n", true));
    ways.put("save-sharded-2", new Way(8, 2, "strategy: fully_sharded\n", true));
    if (args.length > 4) {
      ways.keySet().retainAll(Set.of(args).stream().filter(ways::containsKey).toList());
    }
    for (int turn = 0; turn < Integer.parseInt(args[2]); turn++) {
      for (Map.Entry<String, Way> way : ways.entrySet()) {
        String folder = way.getKey() + "-" + turn;
        System.out.println(
            way.getKey() + " " + train(args[0], args[1], dir, folder, way.getValue()));
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

  private static String train(String lgc, String size, Path dir, String folder, Way way)
      throws IOException, InterruptedException {
    Path run = dir.resolve(folder + ".yaml");
    Files.writeString(
        run,
        Text.format(
            """
            model: {arch: llamagen, name: ClassToImage, parameters: {size: "%s"}}
            codes: {path: random.codes}
            batch: %d
            steps: %d
            log: {every: 1}
            checkpoint: {dir: %s, every: %d, keep: 1}
            %s
            """,
            size,
            way.batch(),
            way.steps(),
            folder,
            way.saves() ? SAVE_EVERY : NEVER,
            way.settings()));
    List<String> command = new ArrayList<>(List.of(lgc, "train", run.toString()));
    if (way.ranks() > 1) {
      command.addAll(List.of("--ranks", Integer.toString(way.ranks())));
    }
    Path log = dir.resolve(folder + ".log");
    Process started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(new File(log.toString()))
            .start();
    Map<Long, Long> peaks = new LinkedHashMap<>();
    while (!started.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
      started.descendants().forEach(p -> look(p.pid(), peaks));
      look(started.pid(), peaks);
    }
    if (started.exitValue() != 0) {
      throw new IOException(folder + ": " + Files.readString(log));
    }
    List<MetricsLog.Row> rows = MetricsLog.read(dir.resolve(folder).resolve("metrics.jsonl"));
    List<Double> seconds =
        IntStream.range(WARM, rows.size())
            .mapToObj(i -> way.batch() / rows.get(i).values().get("samples_per_second"))
            .map(s -> Math.round(s * 1000) / 1000.0)
            .toList();
    List<Long> largest =
        peaks.values().stream().sorted((a, b) -> Long.compare(b, a)).limit(way.ranks()).toList();
    String forecast =
        Files.readAllLines(log).stream()
            .filter(l -> l.startsWith("expected:") || l.startsWith("measured:"))
            .collect(Collectors.joining("\n  ", "\n  ", ""));
    return "s " + seconds + ", MiB " + largest + forecast;
  }

  /** Notes the most resident memory of a process so far, in MiB. */
  private static void look(long pid, Map<Long, Long> peaks) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
        if (line.startsWith("VmHWM:")) {
          long kib = Long.parseLong(line.replaceAll("\\D", ""));
          peaks.merge(pid, kib >> 10, Math::max);
        }
      }
    } catch (IOException e) {
      return; // it has ended
    }
  }
}
