package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Run files of two shards, which several ranks train.
 *
 * @param dir of the run files and their folders
 */
record RankRuns(Path dir) {
  /** Steps from one checkpoint to the next. */
  static final int EVERY = 20;

  private static final int MOST_SECONDS = 1800;

  /** Skips the calling test where there is no MPI. */
  static void requireMpi() throws InterruptedException {
    try {
      new ProcessBuilder("mpirun", "--version").start().waitFor();
    } catch (IOException e) {
      abort("no mpirun: install openmpi-bin");
    }
  }

  /** The lines of a text that have a part in them. */
  static long count(String text, String part) {
    return text.lines().filter(l -> l.contains(part)).count();
  }

  /** Some words and more. */
  static String[] all(String[] some, String... more) {
    return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
  }

  /** A run file; {@code settings} are further lines. */
  Path file(String folder, int steps, String settings) throws IOException {
    Path file = dir.resolve(folder + ".yaml");
    Files.writeString(
        file,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: drawn, count: 40, held_out: 5}
            batch: 8
            steps: %d
            shards: 2
            seed: 7
            threads: 1
            log: {held_out_every: %d}
            checkpoint: {dir: %s, every: %d, keep: 100000}
            %s
            """,
            TinyRuns.arch(), steps, EVERY, folder, EVERY, settings));
    return file;
  }

  Path checkpoint(String folder, int step) {
    return dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", step));
  }

  ChildProcess train(Path run, String... more) throws Exception {
    return ChildProcess.lgc(dir, all(new String[] {"train", run.toString()}, more));
  }

  /** Trains on one process, to the end. */
  void alone(Path run) throws Exception {
    try (ChildProcess one = train(run)) {
      assertEquals(0, one.await(MOST_SECONDS), one.said());
    }
  }

  /** The step of the newest checkpoint; 0 if there is none. */
  int newest(String folder) throws IOException {
    if (!Files.exists(dir.resolve(folder))) {
      return 0;
    }
    try (Stream<Path> files = Files.list(dir.resolve(folder))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.matches("step-\\d{8}\\.safetensors"))
          .mapToInt(f -> Integer.parseInt(f.substring(5, 13)))
          .max()
          .orElse(0);
    }
  }

  void awaitSteps(String folder, int steps, ChildProcess child) throws Exception {
    while (newest(folder) < steps) {
      assertTrue(child.isAlive(), child.said());
      Thread.sleep(10);
    }
  }

  /** Requires that a run has the tensors of one that one process trains without a fault. */
  void requireBitsOfOneProcess(String folder) throws Exception {
    int done = newest(folder) / EVERY * EVERY;
    alone(file("unharmed-" + folder, done, ""));
    TinyRuns.assertSameTensors(checkpoint("unharmed-" + folder, done), checkpoint(folder, done));
  }
}
