package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code lgc train} on two hosts that only TCP connects. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@Tag("backend")
final class TwoHostsTest {
  /** From the cut until all ranks have ended. */
  private static final Duration END = Duration.ofSeconds(10);

  @TempDir private Path dir;
  private TwoHosts hosts;

  @BeforeEach
  void make() throws InterruptedException {
    try {
      new ProcessBuilder("mpirun", "--version").start().waitFor();
      hosts = TwoHosts.make(dir);
    } catch (IOException e) {
      abort("this machine makes no hosts to test with: " + e.getMessage());
    }
  }

  @AfterEach
  void remove() throws Exception {
    if (hosts != null) {
      hosts.close();
    }
  }

  private Path run(String folder, int steps) throws IOException {
    Path file = dir.resolve(folder + ".yaml");
    Files.writeString(
        file,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: drawn, count: 40}
            batch: 8
            steps: %d
            shards: 2
            threads: 1
            checkpoint: {dir: %s, every: 20}
            """,
            TinyRuns.arch(), steps, folder));
    return file;
  }

  private Path checkpoint(String folder) {
    return dir.resolve(folder).resolve("step-00000020.safetensors");
  }

  @Test
  void twoHostsTrainTheBitsOfOneProcess() throws Exception {
    try (ChildProcess two = hosts.lgc("train", run("two", 20).toString())) {
      assertEquals(0, two.await(), two.said());
    }
    try (ChildProcess one = ChildProcess.lgc(dir, "train", run("one", 20).toString())) {
      assertEquals(0, one.await(), one.said());
    }
    TinyRuns.assertSameTensors(checkpoint("one"), checkpoint("two"));
  }

  @Test
  void aLinkThatIsCutEndsBoth() throws Exception {
    try (ChildProcess two = hosts.lgc("train", run("cut", 1_000_000).toString())) {
      while (!Files.exists(checkpoint("cut"))) {
        assertTrue(two.isAlive(), two.said());
        Thread.sleep(20);
      }
      List<ProcessHandle> ranks = List.of(two.rank(0), two.rank(1));
      hosts.cut(true);
      // The launcher waits longer for a host that it cannot reach.
      long until = System.nanoTime() + END.toNanos();
      while (ranks.stream().anyMatch(ProcessHandle::isAlive)) {
        assertTrue(System.nanoTime() < until, two.said());
        Thread.sleep(20);
      }
      assertTrue(two.err().contains("error: rank 1 of 2 on lgc"), two.said());
    }
  }
}
