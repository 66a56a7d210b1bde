package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.io.FileSum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Drawing many samples, killed or interrupted, and started again. */
@Tag("backend")
final class KilledSamplingTest {
  /** So many that a run can be killed; {@code -Dlgc.test.samples} for more of them. */
  private static final int SAMPLES = Integer.getInteger("lgc.test.samples", 400);

  @TempDir private Path dir;

  private String[] command(String name, int batch) {
    List<String> all = new ArrayList<>(List.of("sample", TinyWeights.ARCH, "-m", "TinyGenerator"));
    all.addAll(List.of("--weights", dir.resolve("g.safetensors").toString()));
    all.addAll(List.of("--tokenizer-weights", dir.resolve("t.safetensors").toString()));
    all.addAll(List.of("--class", "2,5,7", "-n", "" + SAMPLES, "-b", "" + batch));
    all.addAll(List.of("--images-out", dir.resolve(name).toString()));
    all.addAll(List.of("--tokens-out", dir.resolve(name + ".json").toString()));
    all.addAll(List.of("-o", dir.resolve(name + ".png").toString()));
    return all.toArray(String[]::new);
  }

  /** The pictures in a folder, by name. */
  private Map<String, String> pictures(String name) throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> found = Files.walk(dir.resolve(name))) {
      for (Path p : found.filter(Files::isRegularFile).filter(f -> !f.endsWith(".lock")).toList()) {
        all.put(dir.resolve(name).relativize(p).toString(), FileSum.of(p));
      }
    }
    all.remove(".sampling.json");
    return all;
  }

  private int count(String name) {
    int count = 0;
    for (String c : List.of("2", "5", "7")) {
      String[] found = dir.resolve(name).resolve(c).toFile().list();
      count += found == null ? 0 : found.length;
    }
    return count;
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void killedTwiceAndInterruptedOnceGivesTheFilesOfARunThatWasNot() throws Exception {
    TinyWeights.write("TinyGenerator", dir.resolve("g.safetensors"), 5);
    TinyWeights.write("TinyTokenizer", dir.resolve("t.safetensors"), 5);
    Cli.Result whole = Cli.run(command("whole", 50));
    assertEquals(0, whole.code(), whole.err());
    Map<String, String> expected = pictures("whole");
    assertEquals(SAMPLES, expected.size());

    Random random = new Fuzz("killed sampling").random();
    for (int end = 0; end < 3; end++) {
      try (ChildProcess child = ChildProcess.lgc(dir, command("killed", 8))) {
        int until = SAMPLES * end / 4 + 1 + random.nextInt(SAMPLES / 8);
        while (child.isAlive() && count("killed") < until) {
          Thread.sleep(1);
        }
        assertTrue(child.isAlive(), () -> "it ended by itself:\n" + child.said());
        if (end < 2) {
          child.kill();
        } else {
          child.send("TERM");
          assertEquals(143, child.await(), child.said());
          assertTrue(child.err().contains("the same command draws the others"), child.said());
          // Progress is counted from what was there: about a quarter.
          assertTrue(child.err().matches("(?s).*sample +[1-9].*"), child.said());
          assertTrue(!child.err().contains("sample   0%"), child.said());
          assertTrue(Files.exists(dir.resolve("killed.png")), "of what there is");
        }
      }
      int there = count("killed");
      assertTrue(there > 0 && there < SAMPLES, "" + there);
    }
    Cli.Result rest = Cli.run(command("killed", 8));
    assertEquals(0, rest.code(), rest.err());
    assertEquals(expected, pictures("killed"));
    for (String file : List.of(".json", ".png")) {
      assertEquals(
          FileSum.of(dir.resolve("whole" + file)), FileSum.of(dir.resolve("killed" + file)), file);
    }
    assertTrue(Files.notExists(dir.resolve("killed.json.partial")));
  }
}
