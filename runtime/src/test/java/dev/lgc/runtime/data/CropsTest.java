package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class CropsTest {
  private final Crops crops = new Crops();

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 24, 37, 64, 100})
  void centreCropEqualsTheReferenceToTheBit(int size) {
    for (String name : new String[] {"wide", "tall"}) {
      Picture out = new Picture();
      crops.center(load(name), size, out);
      assertEquals(0, difference(load(name + "_center_" + size), out), name);
    }
  }

  @ParameterizedTest
  @CsvSource({"90,71", "50,150", "203,60", "37,33", "240,91"})
  void resizingEqualsPillowToTheBitAsAWholeAndInWindows(int w, int h) {
    Resampler resampler = new Resampler();
    for (String name : new String[] {"wide", "tall"}) {
      for (Resampler.Filter filter : Resampler.Filter.values()) {
        String expected = name + "_" + filter.name().toLowerCase(java.util.Locale.ROOT);
        Picture whole = load(expected + "_" + w + "x" + h);
        Picture out = new Picture();
        resampler.window(load(name), w, h, filter, 0, 0, w, h, out);
        assertEquals(0, difference(whole, out), expected);
        Picture part = new Picture();
        whole.cut(w / 3, h / 4, w / 2, h / 2, part);
        resampler.window(load(name), w, h, filter, w / 3, h / 4, w / 2, h / 2, out);
        assertEquals(0, difference(part, out), expected + ", a window");
      }
    }
  }

  @Test
  void tenCropEqualsTheReferenceToTheBit() {
    Picture strip = load("wide_ten_32");
    Picture[] ten = crops.ten(load("wide"), 32, 1.1);
    for (int i = 0; i < Crops.TEN; i++) {
      Picture expected = new Picture();
      strip.cut(32 * i, 0, 32, 32, expected);
      assertEquals(0, difference(expected, ten[i]), "crop " + i);
    }
  }

  @Test
  void randomCropsVaryAndAreRepeatable() {
    Picture a = new Picture();
    Picture b = new Picture();
    int same = 0;
    for (long seed = 0; seed < 50; seed++) {
      crops.random(load("wide"), 64, 0.8, 1, seed, a);
      new Crops().random(load("wide"), 64, 0.8, 1, seed, b);
      assertEquals(a, b);
      crops.random(load("wide"), 64, 0.8, 1, seed + 1, b);
      same += a.equals(b) ? 1 : 0;
      assertEquals(64, a.width());
    }
    assertTrue(same < 5, same + " of 50 equal");
  }

  @Test
  void cropsPicturesOfExtremeProportionsWithoutScalingAllOfThem() {
    Picture out = new Picture();
    crops.center(new Picture(30_000, 1), 256, out);
    crops.random(new Picture(1, 30_000), 256, 0.8, 1, 3, out);
    assertEquals(256, out.height());
    assertEquals(256, out.width());
  }

  @Test
  void tensorsHoldPlanesBetweenMinusOneAndOneAndGoBackUnchanged() {
    Picture p = load("tall");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment t = arena.allocate(12L * p.width() * p.height());
      Crops.toTensor(p, t, 0);
      int plane = p.width() * p.height();
      assertEquals(p.at(3, 5, 2) / 127.5f - 1, value(t, 2 * plane + 5 * p.width() + 3), 1e-6);
      Picture back = new Picture();
      Crops.toPicture(t, 0, p.width(), p.height(), back);
      assertEquals(p, back);
      t.setAtIndex(ValueLayout.JAVA_FLOAT, 0, Float.NaN);
      t.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 7);
      t.setAtIndex(ValueLayout.JAVA_FLOAT, 2, -7);
      Crops.toPicture(t, 0, p.width(), p.height(), back);
      assertEquals(0, back.at(0, 0, 0));
      assertEquals(255, back.at(1, 0, 0));
      assertEquals(0, back.at(2, 0, 0));
    }
  }

  @Test
  void flippingTwiceChangesNothing() {
    Picture p = load("tall");
    p.flip();
    assertEquals(load("tall").at(0, 7, 1), p.at(p.width() - 1, 7, 1));
    p.flip();
    assertEquals(load("tall"), p);
  }

  private static float value(MemorySegment t, long i) {
    return t.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  static Picture load(String name) {
    Picture p = new Picture();
    ImageReader.read(TestResources.path("data/" + name + ".png"), p);
    return p;
  }

  /** The largest difference of any channel; a huge number for pictures of other sizes. */
  static int difference(Picture a, Picture b) {
    if (a.width() != b.width() || a.height() != b.height()) {
      return Integer.MAX_VALUE;
    }
    int most = 0;
    for (int i = 0; i < 3 * a.width() * a.height(); i++) {
      most = Math.max(most, Math.abs((a.rgb()[i] & 0xff) - (b.rgb()[i] & 0xff)));
    }
    return most;
  }
}
