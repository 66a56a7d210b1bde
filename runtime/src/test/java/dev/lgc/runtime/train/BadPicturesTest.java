package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures that cannot be read neither end a run nor cost steps that are done. */
@Tag("backend")
final class BadPicturesTest {
  private static final int PICTURES = 24;

  @TempDir private Path dir;

  /** What a run said, and where it shall be disturbed. */
  private static class Watched implements TrainListener {
    final List<String> warnings = new ArrayList<>();
    final List<String> notes = new ArrayList<>();
    long done;

    @Override
    public void step(long now) {
      done = now;
    }

    @Override
    public void note(String text) {
      notes.add(text);
    }

    @Override
    public void warn(String text) {
      warnings.add(text);
    }
  }

  @Test
  void aBadPictureIsToldOnceAndTheRunGoesOnTheSameHoweverOftenItIsStopped() throws IOException {
    pictures("d");
    damage("d/07.png");
    Watched whole = new Watched();
    assertEquals(20, TinyRuns.train(run("d", "whole", "skip"), whole, () -> false));
    assertEquals(1, whole.warnings.size(), whole.warnings.toString());
    String why = whole.warnings.getFirst();
    assertTrue(why.startsWith("bad picture: " + dir.resolve("d/07.png") + ": "), why);
    for (int part = 4; part <= 20; part += 8) {
      int last = part;
      Watched stopped = new Watched();
      TinyRuns.train(run("d", "parts", "skip"), stopped, () -> stopped.done >= last);
    }
    assertSame("whole", "parts");
    List<String> listed = Files.readAllLines(dir.resolve("parts/bad-pictures.jsonl"));
    assertEquals(1, listed.size(), listed.toString());
    assertTrue(listed.getFirst().contains("\"picture\":\"07.png\""), listed.toString());
  }

  @Test
  void aRunThatRefusesBadPicturesNamesThemAllBeforeItsFirstStep() throws IOException {
    pictures("d");
    damage("d/07.png");
    damage("d/19.png");
    Watched w = new Watched();
    UserError e =
        assertThrows(
            UserError.class, () -> TinyRuns.train(run("d", "out", "refuse"), w, () -> false));
    assertEquals(0, w.done);
    assertTrue(e.getMessage().contains("run.yaml:2:"), e.getMessage());
    assertTrue(e.getMessage().contains("2 bad pictures"), e.getMessage());
    assertEquals(2, w.warnings.size(), w.warnings.toString());
    assertFalse(Files.exists(dir.resolve("out/latest")));
  }

  @Test
  void aPictureThatGoesBadAfterAllWereReadOnceIsPassedOverThoughBadOnesAreRefused()
      throws IOException {
    pictures("d");
    Watched w =
        new Watched() {
          @Override
          public void step(long now) {
            super.step(now);
            if (now == 3) {
              damageAll("d", 2);
            }
          }
        };
    assertEquals(20, TinyRuns.train(run("d", "out", "refuse"), w, () -> false));
    assertTrue(
        w.warnings.stream().anyMatch(t -> t.startsWith("bad picture: ")), w.warnings.toString());
  }

  @Test
  void picturesAreReadBeforehandOnceThoughACheckpointIsDamaged() throws IOException {
    pictures("d");
    for (int part = 4; part <= 12; part += 4) {
      int last = part;
      Watched stopped = new Watched();
      TinyRuns.train(run("d", "out", "refuse"), stopped, () -> stopped.done >= last);
    }
    flip(checkpoint("out", 12));
    Watched w = new Watched();
    assertEquals(20, TinyRuns.train(run("d", "out", "refuse"), w, () -> false));
    assertEquals(
        1,
        w.warnings.stream().filter(t -> t.endsWith("; it is skipped")).count(),
        w.warnings.toString());
    assertEquals(
        1, w.notes.stream().filter(n -> n.contains("read once")).count(), w.notes.toString());
  }

  /** Changes the last byte of a file. */
  private static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  @Test
  void aFolderThatVanishesCostsNoStepAndTheRunGoesOnWhenItIsBack() throws IOException {
    pictures("d");
    TinyRuns.train(run("d", "whole", "skip", 1), new Watched(), () -> false);
    Watched w =
        new Watched() {
          @Override
          public void step(long now) {
            super.step(now);
            if (now == 5) {
              move("d", "away");
            }
          }
        };
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () -> TinyRuns.train(run("d", "out", "skip", 1), w, () -> false));
    assertTrue(e.what().contains("no picture could be read in 100 attempts"), e.what());
    assertTrue(Files.exists(checkpoint("out", w.done)), w.warnings.toString());
    move("away", "d");
    assertEquals(20, TinyRuns.train(run("d", "out", "skip", 1), new Watched(), () -> false));
    assertSame("whole", "out");
  }

  @Test
  void codesThatGoBadCostNoStepEither() throws IOException {
    Path codes = TinyCodes.write(dir.resolve("a.codes"), "ant", "bee", "cat");
    byte[] sound = Files.readAllBytes(codes);
    String settings =
        """
        codes: {path: a.codes}
        batch: 4
        micro_batches: 2
        steps: 20
        checkpoint: {dir: %s, every: 1000}
        """;
    RunFile whole = TinyRuns.generator(dir, settings.replace("%s", "whole"));
    TinyRuns.train(whole, new Watched(), () -> false);
    RunFile run = TinyRuns.generator(dir, settings.replace("%s", "out"));
    Watched w =
        new Watched() {
          @Override
          public void step(long now) {
            super.step(now);
            if (now == 6) {
              overwrite(codes, sound, (byte) 0xff);
            }
          }
        };
    BadInputException e =
        assertThrows(BadInputException.class, () -> TinyRuns.train(run, w, () -> false));
    assertTrue(e.what().contains("has code 255"), e.what());
    assertTrue(Files.exists(checkpoint("out", 6)), w.warnings.toString());
    overwrite(codes, sound, (byte) 0);
    assertEquals(20, TinyRuns.train(run, new Watched(), () -> false));
    assertSame("whole", "out");
  }

  /** Writes a file in place, its codes each or-ed with some bits. */
  private static void overwrite(Path file, byte[] content, byte bits) {
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] changed = content.clone();
      int from = firstCode(content);
      for (int i = from; i < from + 6 * 4; i++) {
        changed[i] |= bits;
      }
      f.write(changed);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the codes begin: the first picture has four of the same. */
  private static int firstCode(byte[] content) {
    byte ant = (byte) TinyCodes.code("ant");
    byte bee = (byte) TinyCodes.code("bee");
    for (int i = 0; i + 24 <= content.length; i++) {
      boolean ants = content[i] == ant && content[i + 7] == ant;
      if (ants && content[i + 8] == bee && content[i + 15] == bee) {
        return i;
      }
    }
    throw new AssertionError("no codes found");
  }

  @Test
  void whatIsDoneAboutBadPicturesIsForFolders() {
    UserError e =
        assertThrows(
            UserError.class,
            () ->
                TinyRuns.run(
                    dir,
                    Text.format(
                        """
                        model: {arch: "%s", name: TinyTokenizer}
                        data: {kind: drawn, on_bad_picture: skip}
                        batch: 2
                        steps: 1
                        checkpoint: {dir: out}
                        """,
                        TinyRuns.arch())));
    assertTrue(e.getMessage().contains("`kind: folder`"), e.getMessage());
  }

  private RunFile run(String pictures, String folder, String onBad) {
    return run(pictures, folder, onBad, 2);
  }

  private RunFile run(String pictures, String folder, String onBad, int microBatches) {
    return TinyRuns.run(
        dir,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: folder, path: %s, held_out: 6, on_bad_picture: %s}
            batch: 4
            micro_batches: %d
            steps: 20
            checkpoint: {dir: %s, every: 1000}
            """,
            TinyRuns.arch(), pictures, onBad, microBatches, folder));
  }

  private Path checkpoint(String folder, long step) {
    return dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", step));
  }

  private void assertSame(String a, String b) {
    TinyRuns.assertSameTensors(checkpoint(a, 20), checkpoint(b, 20));
  }

  private void pictures(String folder) throws IOException {
    Files.createDirectories(dir.resolve(folder));
    Picture p = new Picture();
    for (int i = 0; i < PICTURES; i++) {
      new SyntheticPictures(PICTURES, 8, 1).read(i, p);
      PngGrid.write(p, dir.resolve(folder).resolve(Text.format("%02d.png", i)));
    }
  }

  private void damage(String file) throws IOException {
    Path path = dir.resolve(file);
    Files.write(path, Arrays.copyOf(Files.readAllBytes(path), 50));
  }

  /** Damages every {@code n}-th picture. */
  private void damageAll(String folder, int n) {
    for (int i = 0; i < PICTURES; i += n) {
      try {
        damage(folder + Text.format("/%02d.png", i));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void move(String from, String to) {
    try {
      Files.move(dir.resolve(from), dir.resolve(to));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
