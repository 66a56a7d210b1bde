package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the system limits memory, a command says so and ends with 1; nobody kills it. */
@Timeout(120)
@Tag("backend")
final class MemoryLimitTest {
  private static final String ARCH = TestResources.path("models/tiny.arch").toString();

  @TempDir private Path dir;

  @BeforeEach
  void onLinux() {
    assumeTrue(Files.exists(Path.of("/proc/self/limits")), "only Linux tells of its limits");
  }

  @Test
  void aRunThatTakesMoreThanItsContainerHasIsRefused() throws Exception {
    Path group = group(600L << 20);
    try (ChildProcess p =
        ChildProcess.lgcAfter(
            dir, "echo $$ > " + group.resolve("cgroup.procs"), "train", run(1_000_000))) {
      assertEquals(1, p.await(), p.said());
      String err = p.err();
      assertTrue(err.contains("may need "), err);
      assertTrue(err.contains("the limit of this container (" + group + "), 629 MB"), err);
      assertTrue(err.contains("a smaller model takes less"), err);
    } finally {
      Files.deleteIfExists(group);
    }
    assertFalse(Files.exists(dir.resolve("out")), "nothing was begun");
  }

  @Test
  void aRunThatTakesMoreAddressesThanTheShellGrantsIsRefused() throws Exception {
    try (ChildProcess p =
        ChildProcess.lgcAfter(dir, "ulimit -v 6000000", "train", run(8_000_000))) {
      assertEquals(1, p.await(), p.said());
      assertTrue(p.err().contains("`ulimit -v`, the limit of address space, 6.14 GB"), p.said());
    }
  }

  @Test
  void aBenchOfWhatDoesNotFitIsRefused() throws Exception {
    try (ChildProcess p =
        ChildProcess.lgcAfter(
            dir,
            "ulimit -v 6000000",
            "bench",
            ARCH,
            "-m",
            "TinyTokenizer",
            "-p",
            "codes=30000000",
            "-p",
            "dim=64")) {
      assertEquals(1, p.await(), p.said());
      assertTrue(p.err().contains("bench of TinyTokenizer may need "), p.said());
    }
  }

  @Test
  void planLoadsNoLibrary() throws Exception {
    Path cache = dir.resolve("cache");
    Map<String, String> here = Map.of("XDG_CACHE_HOME", cache.toString());
    String[] plan = {"plan", ARCH, "-m", "TinyTokenizer", "--batch", "64", "-p", "codes=4096"};
    try (ChildProcess p = ChildProcess.lgc(dir, here, with(plan, "--limits=measured"))) {
      assertEquals(0, p.await(), p.said());
    }
    try (Stream<Path> kept = Files.list(cache.resolve("lgc"))) {
      assertEquals(List.of("limits"), kept.map(f -> f.getFileName().toString()).toList());
    }
  }

  @Test
  void planSaysWhetherItFitsHere() throws Exception {
    Cli.Result small = Cli.run("plan", ARCH, "-m", "TinyTokenizer", "--json");
    JsonNode here = new ObjectMapper().readTree(small.out()).get("training").get("here");
    assertTrue(List.of("fits", "tight").contains(here.get("verdict").asText()), small.out());
    assertTrue(here.get("available_bytes").asLong() > here.get("needed_bytes").asLong());
    String[] large = {"plan", ARCH, "-m", "TinyTokenizer", "-p", "codes=50", "-p", "dim=40000000"};
    JsonNode there =
        new ObjectMapper()
            .readTree(Cli.run(with(large, "--json")).out())
            .get("training")
            .get("here");
    assertTrue(there.get("needed_bytes").asLong() > 90_000_000_000L, there.toString());
    boolean fits =
        there.get("needed_bytes").asLong() <= there.get("available_bytes").asLong(); // on a giant
    String said = Cli.run(large).out();
    assertEquals(!fits, said.contains("it does not fit here: there are "), said);
  }

  private static String[] with(String[] words, String another) {
    String[] all = Arrays.copyOf(words, words.length + 1);
    all[words.length] = another;
    return all;
  }

  /** A control group of its own below that of this process. */
  static Path group(long bytes) throws IOException {
    String name = "lgc-test-" + ProcessHandle.current().pid();
    for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      boolean second = parts[1].isEmpty();
      Path parent =
          Path.of(second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory").resolve("." + parts[2]);
      String limit = second ? "memory.max" : "memory.limit_in_bytes";
      if ((second || parts[1].equals("memory"))
          && Files.isWritable(parent.resolve("cgroup.procs"))) {
        try {
          Path group = Files.createDirectories(parent.normalize().resolve(name));
          if (Files.isWritable(group.resolve(limit))) {
            Files.writeString(group.resolve(limit), String.valueOf(bytes));
            return group;
          }
          Files.delete(group);
        } catch (IOException e) {
          continue; // another hierarchy may let us
        }
      }
    }
    assumeTrue(false, "no control group can be made here");
    throw new AssertionError();
  }

  /** A run of a tokenizer with so many codes. */
  private String run(int codes) throws IOException {
    Path file = dir.resolve("run.yaml");
    Files.writeString(
        file,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer, parameters: {codes: %d, dim: 64}}
            data: {kind: drawn, count: 10}
            batch: 4
            steps: 1
            checkpoint: {dir: out}
            """,
            ARCH, codes));
    return file.toString();
  }
}
