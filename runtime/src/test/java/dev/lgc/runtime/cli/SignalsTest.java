package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.io.AtomicFiles;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@Tag("backend")
final class SignalsTest {
  @TempDir private Path dir;

  /** Work that goes on until it is asked to stop, or does not even stop then. */
  static final class Work {
    public static void main(String[] args) throws Exception {
      Signals.listen(false);
      if (args[0].equals("none")) {
        AtomicFiles.begin(Path.of(args[1])).channel().write(ByteBuffer.allocate(10));
        System.out.println("ready");
        while (args[0].equals("none") && dir(args[1]).list().length > 0) {
          Thread.onSpinWait();
        }
        System.exit(1); // as a command does that misses its file
      }
      try (Interrupt interrupt = new Interrupt()) {
        System.out.println("ready");
        while (args[0].equals("stubborn") || !interrupt.isStopping()) {
          Thread.sleep(1);
        }
        System.out.println("saved");
      }
      System.exit(Interrupt.exitCode());
    }
  }

  private static java.io.File dir(String file) {
    return Path.of(file).getParent().toFile();
  }

  private ChildProcess start(String kind) throws Exception {
    String file = dir.resolve("files/half-written").toString();
    ChildProcess child = ChildProcess.of(dir, Work.class, kind, file);
    while (child.isAlive() && !child.out().contains("ready")) {
      Thread.sleep(1);
    }
    return child;
  }

  /** Whether this process was told to ignore a signal, as far as the system says. */
  private static boolean isIgnored(int number) throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(l -> l.startsWith("SigIgn:"))
          .map(l -> Long.parseUnsignedLong(l.substring(7).strip(), 16))
          .anyMatch(bits -> (bits >> (number - 1) & 1) != 0);
    }
  }

  @Test
  void theFirstIsAcknowledgedAndLetsWorkBeSaved() throws Exception {
    for (String signal : new String[] {"INT", "TERM", "HUP"}) {
      int number = signal.equals("INT") ? 2 : signal.equals("TERM") ? 15 : 1;
      if (isIgnored(number)) {
        continue; // these tests were started by nohup, and children inherit that
      }
      try (ChildProcess child = start("willing")) {
        child.send(signal);
        assertEquals(128 + number, child.await(), child.said());
        assertEquals("ready\nsaved\n", child.out());
        assertTrue(child.err().startsWith("stopping: "), child.said());
      }
    }
  }

  @Test
  void theSecondEndsItAtOnce() throws Exception {
    try (ChildProcess child = start("stubborn")) {
      child.interrupt();
      while (child.isAlive() && !child.err().contains("stopping")) {
        Thread.sleep(1);
      }
      assertTrue(child.isAlive(), child.said());
      child.interrupt();
      assertEquals(130, child.await(), child.said());
      assertEquals("ready\n", child.out());
    }
  }

  @Test
  void withoutAnythingToSaveTheFirstEndsItAndLeavesNothingHalfWritten() throws Exception {
    try (ChildProcess child = start("none")) {
      assertEquals(1, dir.resolve("files").toFile().list().length, "a temporary file");
      child.send("TERM");
      assertEquals(143, child.await(), child.said());
      assertEquals("", child.err());
      assertEquals(0, dir.resolve("files").toFile().list().length);
    }
  }

  @Test
  void readingAllPicturesBeforehandIsShownAndEndsAtOnce() throws Exception {
    Path pictures = Files.createDirectories(dir.resolve("photos/a"));
    Path one = pictures.resolve("0.png");
    BufferedImage noise = new BufferedImage(512, 512, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    for (int i = 0; i < 512 * 512; i++) {
      noise.setRGB(i % 512, i / 512, random.nextInt());
    }
    ImageIO.write(noise, "png", one.toFile());
    for (int i = 1; i < 4000; i++) {
      Files.createLink(pictures.resolve(i + ".png"), one);
    }
    Path yaml =
        Files.writeString(
            dir.resolve("run.yaml"),
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: folder, path: photos, on_bad_picture: refuse}
            batch: 4
            steps: 3
            checkpoint: {dir: out}
            """
                .replace("%s", dev.lgc.runtime.train.TinyRuns.arch()));
    Map<String, String> watched = Map.of("LGC_TERMINAL", "1");
    try (ChildProcess child = ChildProcess.lgc(dir, watched, "train", yaml.toString())) {
      while (child.isAlive() && !child.err().contains("read pictures")) {
        Thread.sleep(10);
      }
      child.send("TERM");
      assertEquals(143, child.await(), child.said());
      assertTrue(child.err().contains("/4000 picture"), child.said());
      assertFalse(child.err().contains("4000/4000 picture"), child.said());
    }
    try (Stream<Path> left = Files.list(dir.resolve("out"))) {
      assertEquals(List.of(dir.resolve("out/.lock")), left.toList());
    }
  }

  @Test
  void ctrlCEndsTrainingWhileHeldOutLossesAreMeasured() throws Exception {
    Path yaml =
        Files.writeString(
            dir.resolve("run.yaml"),
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: drawn, count: 12, held_out: 2}
            batch: 4
            steps: 3
            checkpoint: {dir: out, every: 1}
            log: {every: 1, held_out_every: 1, held_out_batches: 1000000000}
            """
                .replace("%s", dev.lgc.runtime.train.TinyRuns.arch()));
    Path metrics = dir.resolve("out/metrics.jsonl");
    try (ChildProcess child = ChildProcess.lgc(dir, "train", yaml.toString())) {
      while (child.isAlive() && !(Files.exists(metrics) && Files.size(metrics) > 0)) {
        Thread.sleep(1);
      }
      child.send("TERM");
      assertEquals(143, child.await(), child.said());
      assertTrue(child.err().contains("stopping: "), child.said());
      assertTrue(child.err().contains("interrupted: saved after step 1 of 3"), child.said());
    }
  }
}
