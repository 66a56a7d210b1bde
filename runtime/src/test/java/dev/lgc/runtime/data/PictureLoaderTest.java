package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@Tag("pure")
class PictureLoaderTest {
  private static final int SIDE = 16;

  private final PictureSource source = new SyntheticPictures(37, 24, 1);

  @Test
  void everyEpochIsAnotherPermutation() {
    for (int n : new int[] {1, 2, 3, 10, 64, 65, 1000}) {
      SampleOrder order = new SampleOrder(n, 9, true);
      int[] first = IntStream.range(0, n).map(order::at).toArray();
      int[] second = IntStream.range(n, 2 * n).map(order::at).toArray();
      int[] sorted = first.clone();
      Arrays.sort(sorted);
      assertArrayEquals(IntStream.range(0, n).toArray(), sorted, "n = " + n);
      assertTrue(n < 10 || !Arrays.equals(first, second), "n = " + n);
      assertEquals(1, order.epoch(n));
    }
  }

  @Test
  void ordersAreSpreadEvenly() {
    int n = 50;
    int[][] seen = new int[n][n];
    int epochs = 4000;
    SampleOrder order = new SampleOrder(n, 3, true);
    for (long p = 0; p < (long) n * epochs; p++) {
      seen[(int) (p % n)][order.at(p)]++;
    }
    double chi = 0;
    double mean = (double) epochs / n;
    for (int[] row : seen) {
      for (int count : row) {
        chi += (count - mean) * (count - mean) / mean;
      }
    }
    double freedom = (n - 1.0) * (n - 1);
    assertEquals(freedom, chi, 6 * Math.sqrt(2 * freedom), "chi squared");
  }

  @Test
  void anEpochShowsEachPictureOnceAcrossBatchBoundaries() {
    try (Arena arena = Arena.ofConfined()) {
      float[][] batches = batches(source, settings(10), 0, 4, arena);
      assertEquals(4, batches.length);
    }
    try (Arena arena = Arena.ofConfined();
        PictureLoader loader = new PictureLoader(source, settings(10), 0)) {
      MemorySegment pixels = arena.allocate(settings(10).pixelBytes(), 64);
      MemorySegment labels = arena.allocate(40, 64);
      int[] seen = new int[10];
      for (int b = 0; b < 37; b++) {
        loader.next(pixels, labels);
        for (int i = 0; i < 10; i++) {
          seen[labels.getAtIndex(ValueLayout.JAVA_INT, i)]++;
        }
      }
      assertEquals(370, loader.position());
      assertEquals(10, loader.epoch());
      int[] expected = new int[10];
      IntStream.range(0, 37).forEach(i -> expected[source.label(i)] += 10);
      assertArrayEquals(expected, seen);
    }
  }

  @Test
  void aResumedLoaderGoesOnWhereTheFirstStopped() {
    try (Arena arena = Arena.ofConfined()) {
      float[][] whole = batches(source, settings(5), 0, 12, arena);
      float[][] rest = batches(source, settings(5), 35, 5, arena);
      for (int i = 0; i < 5; i++) {
        assertArrayEquals(whole[7 + i], rest[i], "batch " + i);
      }
      assertFalse(Arrays.equals(whole[0], whole[1]));
    }
  }

  @Test
  void ranksShareTheBatchThatOneRankWouldRead() {
    try (Arena arena = Arena.ofConfined()) {
      float[][] one = batches(source, settings(6), 0, 3, arena);
      for (int rank = 0; rank < 3; rank++) {
        float[][] part = batches(source, settings(2).with(new RankShare(rank, 3, 1)), 0, 3, arena);
        int n = part[0].length;
        for (int b = 0; b < 3; b++) {
          assertArrayEquals(Arrays.copyOfRange(one[b], rank * n, (rank + 1) * n), part[b]);
        }
      }
    }
  }

  /** A step of 12 samples: two ranks with three batches each have its halves, in their order. */
  @Test
  void theBatchesOfARankInAStepAreNeighbours() {
    try (Arena arena = Arena.ofConfined()) {
      float[][] one = batches(source, settings(2), 0, 18, arena);
      for (int rank = 0; rank < 2; rank++) {
        float[][] part = batches(source, settings(2).with(new RankShare(rank, 2, 3)), 0, 9, arena);
        for (int b = 0; b < 9; b++) {
          int step = b / 3;
          assertArrayEquals(one[6 * step + 3 * rank + b % 3], part[b], "batch " + b);
        }
      }
    }
  }

  @Test
  void withoutShufflingPicturesComeInOrderCroppedInTheMiddle() {
    try (Arena arena = Arena.ofConfined()) {
      float[][] got = batches(source, PictureLoader.Settings.inOrder(1, SIDE), 3, 1, arena);
      Picture p = new Picture();
      source.read(3, p);
      Picture square = new Picture();
      new Crops().center(p, SIDE, square);
      MemorySegment expected = arena.allocate(12L * SIDE * SIDE);
      Crops.toTensor(square, expected, 0);
      assertArrayEquals(expected.toArray(ValueLayout.JAVA_FLOAT), got[0]);
    }
  }

  @Test
  void halfOfTheSamplesAreMirrored() {
    PictureLoader.Settings plain =
        PictureLoader.Settings.inOrder(200, 24).with(PictureLoader.Crop.CENTER, false);
    PictureLoader.Settings flipped = plain.with(PictureLoader.Crop.CENTER, true);
    try (Arena arena = Arena.ofConfined()) {
      float[] a = batches(source, plain, 0, 1, arena)[0];
      float[] b = batches(source, flipped, 0, 1, arena)[0];
      int n = a.length / 200;
      long same =
          IntStream.range(0, 200)
              .filter(i -> Arrays.equals(a, i * n, (i + 1) * n, b, i * n, (i + 1) * n))
              .count();
      assertTrue(same > 60 && same < 140, same + " of 200 not mirrored");
    }
  }

  @Test
  void inThePlaceOfABrokenPictureTheNextIsReadWhereTheOrderIsTheSources(@TempDir Path dir)
      throws IOException {
    PictureSource broken = withBroken(dir, 5, 2);
    PictureSource sound = withBroken(dir.resolve("sound"), 5);
    PictureLoader.Settings one = PictureLoader.Settings.inOrder(1, SIDE);
    try (Arena arena = Arena.ofConfined()) {
      float[][] all = batches(sound, one, 0, 5, arena);
      float[][] got = batches(broken, one, 0, 5, arena);
      for (int i = 0; i < 5; i++) {
        assertArrayEquals(all[i == 2 ? 3 : i], got[i], "sample " + i);
      }
    }
    assertEquals(List.of("2.png"), broken.bad(0).stream().map(BadPicture::name).toList());
    String why = broken.bad(0).getFirst().why();
    assertTrue(why.startsWith(dir.resolve("2.png") + ": "), why);
    assertEquals(List.of(), broken.bad(1));
  }

  @Test
  void anotherPictureInItsPlaceLeavesAllOtherSamplesAsTheyAre(@TempDir Path dir)
      throws IOException {
    PictureSource sound = withBroken(dir.resolve("sound"), 12);
    PictureSource broken = withBroken(dir.resolve("broken"), 12, 4, 9);
    int samples = 60;
    SampleOrder order = new SampleOrder(12, 77, true);
    try (Arena arena = Arena.ofConfined()) {
      float[][] all = batches(sound, settings(1), 0, samples, arena);
      float[][] got = batches(broken, settings(1), 0, samples, arena);
      float[][] again = batches(withBroken(dir.resolve("x"), 12, 4, 9), settings(1), 7, 40, arena);
      for (int i = 0; i < samples; i++) {
        int picture = order.at(i);
        boolean replaced = picture == 4 || picture == 9;
        assertEquals(!replaced, Arrays.equals(all[i], got[i]), "sample " + i);
        if (i >= 7 && i < 47) {
          assertArrayEquals(got[i], again[i - 7], "resumed, sample " + i);
        }
      }
    }
    assertEquals(2, broken.bad(0).size(), "each is found once");
  }

  @Test
  void ranksAgreeOnWhatReplacesABrokenPicture(@TempDir Path dir) throws IOException {
    PictureSource broken = withBroken(dir, 7, 1, 5);
    try (Arena arena = Arena.ofConfined()) {
      float[][] one = batches(broken, settings(6), 0, 4, arena);
      for (int rank = 0; rank < 2; rank++) {
        float[][] part = batches(broken, settings(3).with(new RankShare(rank, 2, 1)), 0, 4, arena);
        int n = part[0].length;
        for (int b = 0; b < 4; b++) {
          assertArrayEquals(Arrays.copyOfRange(one[b], rank * n, (rank + 1) * n), part[b]);
        }
      }
    }
  }

  @Test
  void whereNoPictureCanBeReadWhoeverWaitsIsTold(@TempDir Path dir) throws IOException {
    PictureLoader.Settings settings = PictureLoader.Settings.training(1, SIDE, 3);
    try (Arena arena = Arena.ofConfined();
        PictureLoader loader = new PictureLoader(withBroken(dir, 2, 0, 1), settings, 0)) {
      MemorySegment pixels = arena.allocate(settings.pixelBytes(), 64);
      MemorySegment labels = arena.allocate(4, 64);
      BadInputException e =
          assertThrows(BadInputException.class, () -> loader.next(pixels, labels));
      assertTrue(e.what().startsWith("no picture could be read in 100 attempts"), e.what());
      assertThrows(BadInputException.class, () -> loader.next(pixels, labels), "and again");
      assertEquals(0, loader.position());
    }
  }

  @Test
  void aScanFindsAllBrokenPicturesAndNoOther(@TempDir Path dir) throws IOException {
    PictureSource broken = withBroken(dir, 40, 0, 17, 39);
    List<Long> progress = new ArrayList<>();
    PictureScan.of(List.of(broken, broken.range(0, 5)), progress::add);
    assertEquals(LongStream.rangeClosed(1, 45).boxed().toList(), progress);
    assertEquals(
        Set.of("00.png", "17.png", "39.png"),
        broken.bad(0).stream().map(BadPicture::name).collect(Collectors.toSet()));
  }

  /** A folder of different pictures, of which some are broken. */
  private static PictureSource withBroken(Path dir, int n, int... broken) throws IOException {
    Files.createDirectories(dir);
    Picture p = new Picture();
    for (int i = 0; i < n; i++) {
      new SyntheticPictures(n, 24, 1).read(i, p);
      Path file = dir.resolve(Text.format(n > 10 ? "%02d.png" : "%d.png", i));
      PngGrid.write(p, file);
      int at = i;
      if (IntStream.of(broken).anyMatch(b -> b == at)) {
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 60));
      }
    }
    return ImageFolder.open(dir);
  }

  @Test
  void closingAtAnyMomentEndsTheThread() {
    for (int i = 0; i < 20; i++) {
      new PictureLoader(source, settings(64), i).close();
    }
  }

  private static PictureLoader.Settings settings(int batch) {
    return PictureLoader.Settings.training(batch, SIDE, 77);
  }

  private static float[][] batches(
      PictureSource source, PictureLoader.Settings settings, long position, int n, Arena arena) {
    MemorySegment pixels = arena.allocate(settings.pixelBytes(), 64);
    MemorySegment labels = arena.allocate(4L * settings.batch(), 64);
    float[][] all = new float[n][];
    try (PictureLoader loader = new PictureLoader(source, settings, position)) {
      for (int i = 0; i < n; i++) {
        loader.next(pixels, labels);
        all[i] = pixels.toArray(ValueLayout.JAVA_FLOAT);
      }
    }
    return all;
  }
}
