package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.dist.MpiCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code lgc sample --ranks N} as users start it, by a real mpirun. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("backend")
final class RanksSampleTest {
  @TempDir private Path dir;

  @BeforeEach
  void requireMpi() throws IOException, InterruptedException {
    RankRuns.requireMpi();
    TinyWeights.write("TinyGenerator", dir.resolve("g.safetensors"), 5);
    TinyWeights.write("TinyTokenizer", dir.resolve("t.safetensors"), 5);
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private String[] sample(String... how) {
    return RankRuns.all(
        new String[] {
          "sample",
          TinyWeights.ARCH,
          "-m",
          "TinyGenerator",
          "--weights",
          at("g.safetensors"),
          "--tokenizer-weights",
          at("t.safetensors"),
          "--class",
          "1,7,3"
        },
        how);
  }

  private void same(String one, String two) throws IOException {
    assertArrayEquals(
        Files.readAllBytes(dir.resolve(one)), Files.readAllBytes(dir.resolve(two)), two);
  }

  @Test
  void twoRanksDrawTheLikeliestCodesOfOneProcessAndSpeakWithOneVoice() throws Exception {
    String[] how = {"-n", "5", "-b", "2", "--top-k", "1", "--cfg", "2"};
    String[] one = RankRuns.all(how, "-o", at("1.png"), "--tokens-out", at("1.json"));
    assertEquals(0, Cli.run(sample(one)).code());
    String[] two =
        RankRuns.all(how, "-o", at("2.png"), "--tokens-out", at("2.json"), "--ranks", "2");
    try (ChildProcess child = ChildProcess.lgc(dir, sample(two))) {
      assertEquals(0, child.await(), child.said());
      assertEquals(1, RankRuns.count(child.err(), "each of 2 ranks stores"), child.said());
      assertEquals(1, RankRuns.count(child.out(), "samples: 5"), child.said());
    }
    same("1.json", "2.json");
    assertTrue(Files.exists(dir.resolve("2.png")));
  }

  @Test
  void aFolderThatIsCompleteDrawsNothingMore() throws Exception {
    String[] how = {
      "-n", "3", "-b", "2", "--images-out", at("drawn"), "-o", at("grid.png"), "--ranks", "2"
    };
    for (int time = 0; time < 2; time++) {
      try (ChildProcess child = ChildProcess.lgc(dir, sample(how))) {
        assertEquals(0, child.await(), child.said());
        assertEquals(1, RankRuns.count(child.out(), "samples: 3"), child.said());
        assertEquals(
            time == 0 ? 1 : 0, RankRuns.count(child.out(), "codes_per_second"), child.said());
      }
    }
  }

  @Test
  void mistakesAreSaidOnceAndEndAllRanks() throws Exception {
    try (ChildProcess child =
        ChildProcess.lgc(dir, sample("-n", "1", "-o", at("no.png"), "--ranks", "3"))) {
      assertEquals(1, child.await(), child.said());
      assertEquals(1, RankRuns.count(child.err(), "3 ranks"), child.said());
      assertEquals(1, RankRuns.count(child.err(), "a power of two"), child.said());
    }
    Files.delete(dir.resolve("g.safetensors"));
    List<String> program =
        ChildProcess.program(Main.class, List.of(), sample("-n", "1", "-o", at("no.png")));
    try (ChildProcess child = ChildProcess.command(dir, Map.of(), MpiCommand.of(2, program))) {
      assertEquals(1, child.await(), child.said());
      assertEquals(1, RankRuns.count(child.err(), "error"), child.said());
    }
    assertFalse(Files.exists(dir.resolve("no.png")));
  }

  @Test
  void sigtermEndsAllRanksAndCompletedPicturesStay() throws Exception {
    for (boolean toOne : new boolean[] {false, true}) {
      String folder = toOne ? "one" : "all";
      String[] how = {
        "-n", "1000000", "-b", "2", "--images-out", at(folder), "-o", at("g.png"), "--ranks", "2"
      };
      try (ChildProcess child = ChildProcess.lgc(dir, sample(how))) {
        while (pictures(folder) < 4) {
          assertTrue(child.isAlive(), child.said());
          Thread.sleep(20);
        }
        if (toOne) {
          ChildProcess.send("TERM", child.rank(1));
        } else {
          child.send("TERM");
        }
        assertEquals(143, child.await(), child.said());
        assertEquals(0, RankRuns.count(child.err(), "error"), child.said());
        assertEquals(1, RankRuns.count(child.err(), "interrupted:"), child.said());
      }
      assertTrue(pictures(folder) >= 4);
    }
  }

  private long pictures(String folder) throws IOException {
    if (Files.notExists(dir.resolve(folder))) {
      return 0;
    }
    try (Stream<Path> all = Files.walk(dir.resolve(folder))) {
      return all.filter(f -> f.toString().endsWith(".png")).count();
    }
  }
}
