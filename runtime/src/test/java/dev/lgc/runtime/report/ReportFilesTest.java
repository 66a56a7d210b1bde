package dev.lgc.runtime.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.data.ImageReader;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.io.BadInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("backend")
class ReportFilesTest {
  @TempDir Path dir;

  @Test
  void aGridHoldsEachPictureUnchanged() throws IOException {
    SyntheticPictures drawn = new SyntheticPictures(7, 24, 2);
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < drawn.size(); i++) {
      pictures.add(new Picture());
      drawn.read(i, pictures.get(i));
    }
    Path png = dir.resolve("grid.png");
    PngGrid.of(pictures, 3).write(png);
    Picture grid = new Picture();
    ImageReader.read(png, grid);
    assertEquals(3 * 26 + 2, grid.width());
    assertEquals(3 * 26 + 2, grid.height());
    Picture cell = new Picture();
    grid.cut(2 + 26, 2 + 26, 24, 24, cell);
    assertEquals(pictures.get(4), cell);
    PngGrid.of(pictures, 3).labels(drawn.classes()).zoom(4).write(png);
    ImageReader.read(png, grid);
    assertEquals(3 * (4 * 24 + 2) + 2, grid.width());
  }

  @Test
  void aGridOfATensorClampsItsValues() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pixels = arena.allocate(4 * 2 * 3 * 4, 4);
      for (int i = 0; i < 24; i++) {
        pixels.setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i, i < 12 ? 9f : -9f);
      }
      Picture grid = new Picture();
      ImageReader.read("grid", PngGrid.of(pixels, 2, 2, 2, 2).toPng(), grid);
      assertEquals(255, grid.at(2, 2, 0));
      assertEquals(0, grid.at(6, 2, 0));
    }
  }

  @Test
  void theLogForgetsStepsThatAResumeUndoes() throws IOException {
    Path log = dir.resolve("run/metrics.jsonl");
    try (MetricsLog m = MetricsLog.open(log, 0)) {
      for (int step = 1; step <= 10; step++) {
        m.append(step, Map.of("loss", 1.0 / step));
      }
    }
    Files.writeString(log, "{\"step\":11,\"lo", StandardOpenOption.APPEND);
    assertEquals(10, MetricsLog.read(log).size());
    try (MetricsLog m = MetricsLog.open(log, 6)) {
      m.append(7, Map.of("loss", Double.NaN));
    }
    List<MetricsLog.Row> rows = MetricsLog.read(log);
    assertEquals(
        List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L), rows.stream().map(MetricsLog.Row::step).toList());
    assertEquals(1.0 / 6, rows.get(5).values().get("loss"));
    assertEquals(Double.NaN, rows.get(6).values().get("loss"));
    try (MetricsLog m = MetricsLog.open(log, 100)) {
      m.append(101, Map.of());
    }
    assertEquals(8, MetricsLog.read(log).size());
    MetricsLog.open(log, 0).close();
    assertEquals(0, Files.size(log));
  }

  @Test
  void anotherFileIsNotTakenForALog() throws IOException {
    Path other = Files.writeString(dir.resolve("notes.txt"), "one\ntwo\nthree\n");
    BadInputException e = assertThrows(BadInputException.class, () -> MetricsLog.open(other, 0));
    assertTrue(e.getMessage().contains("line 1 is not one of a metrics log"), e.getMessage());
    assertEquals("one\ntwo\nthree\n", Files.readString(other));
    Files.write(other, new byte[] {(byte) 0xff, 10, 10});
    assertThrows(BadInputException.class, () -> MetricsLog.read(other));
    assertThrows(BadInputException.class, () -> MetricsLog.read(dir.resolve("absent")));
  }

  @Test
  void curvesAreDrawnFromTheLog() throws IOException {
    Path log = dir.resolve("metrics.jsonl");
    try (MetricsLog m = MetricsLog.open(log, 0)) {
      for (int step = 1; step <= 4000; step++) {
        m.append(step, Map.of("loss", 5 / Math.sqrt(step) + 0.1 * Math.sin(step)));
      }
    }
    Path png = dir.resolve("loss.png");
    LossCurve.draw(log, png, List.of("loss", "absent"));
    Picture p = new Picture();
    ImageReader.read(png, p);
    assertEquals(900, p.width());
    assertThrows(BadInputException.class, () -> LossCurve.draw(log, png, List.of("absent")));
    double[][] flat = LossCurve.smooth(new double[][] {{1, 2}, {2, 2}, {3, 2}});
    assertEquals(2, flat[2][1], 1e-12);
  }

  @Test
  void eventFilesAreSoundRecordsOfTensorBoard() throws IOException {
    assertEquals(0xbc6b3d39, TensorBoardWriter.masked(new byte[] {1, 2, 3, 4}, 4), "as TFRecord");
    try (TensorBoardWriter w = TensorBoardWriter.open(dir, 0)) {
      w.scalar("loss", 300, 2.5);
      w.image("sample", 300, new Picture(5, 4));
    }
    TensorBoardWriter.open(dir, 200).close();
    List<Path> files;
    try (var all = Files.list(dir)) {
      files = all.sorted().toList();
    }
    assertEquals(2, files.size());
    List<byte[]> records = records(files.get(0));
    assertEquals(3, records.size());
    assertTrue(new String(records.get(0), StandardCharsets.UTF_8).endsWith("brain.Event:2"));
    byte[] scalar = records.get(1);
    // step (field 2, varint) 300; summary (5) of value (1) of tag (1) "loss" and simple_value (2)
    // 2.5
    byte[] expected = {
      16, (byte) 0xac, 2, 42, 13, 10, 11, 10, 4, 'l', 'o', 's', 's', 21, 0, 0, 0x20, 0x40
    };
    assertArrayEquals(
        expected, java.util.Arrays.copyOfRange(scalar, 9, scalar.length), "after the wall time");
    byte[] restart = records(files.get(1)).get(1);
    byte[] session = {16, (byte) 0xc9, 1, 58, 2, 8, 1};
    assertArrayEquals(session, java.util.Arrays.copyOfRange(restart, 9, restart.length));
  }

  @Test
  void progressIsALineThatIsRedrawnOrLinesNowAndThen() {
    long[] now = {0};
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (ProgressBar bar =
        new ProgressBar("train", 100, "step", out, false, () -> 80, () -> now[0])) {
      for (int i = 50; i <= 100; i++) {
        bar.update(i, "loss 2");
        now[0] += 500_000_000L;
      }
    }
    List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals("train  50% 50/100 step  loss 2", lines.get(0));
    assertEquals("train  60% 60/100 step  2.0 step/s  20s left  loss 2", lines.get(1));
    assertEquals(6, lines.size());
    assertEquals("train 100% 100/100 step  2.0 step/s  in 25s  loss 2", lines.get(5));
    bytes.reset();
    try (ProgressBar bar = new ProgressBar("train", 4, "step", out, true, () -> 80, () -> now[0])) {
      IntStream.rangeClosed(1, 2).forEach(i -> bar.update(i));
    }
    String drawn = bytes.toString(StandardCharsets.UTF_8);
    assertTrue(drawn.startsWith("\rtrain  25% [=======>"), drawn);
    assertTrue(drawn.endsWith("2/4 step" + System.lineSeparator()), drawn);
    assertEquals("3m10s", ProgressBar.time(190));
    assertEquals("2h05m", ProgressBar.time(7500));
    assertEquals("3d04h", ProgressBar.time(3 * 86400 + 4 * 3600));
  }

  @Test
  void aBarWhoseCommandStatesARateShowsNone() {
    long[] now = {0};
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (ProgressBar bar =
        new ProgressBar("sample", 100, "code", out, false, () -> 80, () -> now[0]).withoutRate()) {
      bar.update(0);
      now[0] = 10_000_000_000L;
      bar.update(50);
    }
    List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals("sample  50% 50/100 code  10s left", lines.getLast());
  }

  @Test
  void progressIsNeverWiderThanTheTerminal() {
    for (int columns = 1; columns < 140; columns++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
      int width = columns;
      long[] now = {0};
      try (ProgressBar bar =
          new ProgressBar("train Tok", 1000, "step", out, true, () -> width, () -> now[0])) {
        for (int i : new int[] {0, 1, 370, 1000}) {
          now[0] += 1_500_000_000L;
          bar.update(i, "loss 2.310  held out 2.401");
        }
      }
      for (String drawn : bytes.toString(StandardCharsets.UTF_8).split("[\r\n]+")) {
        assertTrue(drawn.length() <= Math.max(1, columns - 1), columns + ": " + drawn);
      }
      if (columns >= 20) {
        assertTrue(bytes.toString(StandardCharsets.UTF_8).contains("37%"), "how far it is");
      }
    }
  }

  private static List<byte[]> records(Path file) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (b.hasRemaining()) {
      byte[] length = new byte[8];
      b.get(b.position(), length);
      byte[] data = new byte[(int) b.getLong()];
      assertEquals(TensorBoardWriter.masked(length, 8), b.getInt());
      b.get(data);
      assertEquals(TensorBoardWriter.masked(data, data.length), b.getInt());
      records.add(data);
    }
    return records;
  }
}
