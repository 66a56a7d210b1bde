package dev.lgc.runtime.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * The crops that make a square of a picture of any size: those that LlamaGen trains with (its
 * {@code center_crop_arr}, {@code random_crop_arr} and torchvision's TenCrop), to the bit.
 *
 * <p>All of them first halve the picture with a box filter while its shorter side is at least twice
 * what is needed, then scale it with a bicubic filter. Not for use by several threads at once.
 */
public final class Crops {
  /** Crops in a ten-crop: the corners and the centre, and the same of the mirrored picture. */
  public static final int TEN = 10;

  private static final float[] LEVELS = levels();

  private final Resampler resampler = new Resampler();
  private final Picture half = new Picture();
  private final Picture otherHalf = new Picture();
  private final Picture larger = new Picture();

  /**
   * The square in the middle: the shorter side is scaled to {@code size}, the longer one cut.
   *
   * @param size pixels of a side, at least 1
   */
  public void center(Picture from, int size, Picture into) {
    scaled(from, size, size, true, 0, into);
  }

  /**
   * A square of {@code size} anywhere, after the shorter side was scaled to a random length between
   * {@code size / most} and {@code size / least}, as the reference crops while training a
   * tokenizer.
   *
   * @param least smallest share of the shorter side that the crop may cover, 0.8 in the reference
   * @param most largest share, 1 in the reference
   * @param seed what the three draws (scale, row, column) are a function of
   */
  public void random(Picture from, int size, double least, double most, long seed, Picture into) {
    if (!(least > 0 && least <= most && most <= 1)) {
      throw new IllegalArgumentException("crop shares " + least + " to " + most);
    }
    int shortest = (int) Math.ceil(size / most);
    int longest = (int) Math.ceil(size / least);
    int side = shortest + CounterRandom.below(CounterRandom.bits(seed, 0), longest - shortest + 1);
    scaled(from, side, size, false, seed, into);
  }

  /**
   * Crop {@code index} of the ten that the reference makes codes of: top left, top right, bottom
   * left, bottom right, centre, then these of the mirrored picture, out of a centre crop whose side
   * is {@code range} times {@code size}, rounded down.
   *
   * @param range 1.1 or 1.05 in the reference
   * @param index 0 to 9
   */
  public void ten(Picture from, int size, double range, int index, Picture into) {
    int side = (int) (size * range);
    if (side < size || index < 0 || index >= TEN) {
      throw new IllegalArgumentException("crop " + index + " of range " + range);
    }
    center(from, side, larger);
    if (index >= TEN / 2) {
      larger.flip();
    }
    int far = side - size;
    int middle = (int) Math.rint(far / 2.0);
    int place = index % (TEN / 2);
    int x = place == 4 ? middle : (place & 1) * far;
    int y = place == 4 ? middle : (place >> 1) * far;
    larger.cut(x, y, size, size, into);
  }

  /** All ten crops of {@link #ten}. */
  public Picture[] ten(Picture from, int size, double range) {
    Picture[] crops = IntStream.range(0, TEN).mapToObj(i -> new Picture()).toArray(Picture[]::new);
    for (int i = 0; i < TEN; i++) {
      ten(from, size, range, i, crops[i]);
    }
    return crops;
  }

  /**
   * A window of a picture scaled so that its shorter side is {@code side}: in the middle or drawn.
   */
  private void scaled(Picture from, int side, int size, boolean middle, long seed, Picture into) {
    if (from.width() < 1 || from.height() < 1 || size < 1) {
      throw new IllegalArgumentException("a crop of " + size + " from a " + from);
    }
    Picture p = from;
    for (int n = 0; Math.min(p.width(), p.height()) >= 2 * side; n++) {
      Picture next = n % 2 == 0 ? half : otherHalf;
      int w = p.width() / 2;
      int h = p.height() / 2;
      resampler.window(p, w, h, Resampler.Filter.BOX, 0, 0, w, h, next);
      p = next;
    }
    double scale = (double) side / Math.min(p.width(), p.height());
    int w = (int) Math.rint(p.width() * scale);
    int h = (int) Math.rint(p.height() * scale);
    int y =
        middle ? (h - size) / 2 : CounterRandom.below(CounterRandom.bits(seed, 1), h - size + 1);
    int x =
        middle ? (w - size) / 2 : CounterRandom.below(CounterRandom.bits(seed, 2), w - size + 1);
    resampler.window(p, w, h, Resampler.Filter.BICUBIC, x, y, size, size, into);
  }

  /**
   * Writes a picture as f32 in [-1, 1], planes of red, green and blue, each by rows: {@code v /
   * 255} less one half, times two.
   *
   * @param offset byte where the first plane begins in {@code into}; {@code 12 * width * height}
   *     bytes follow
   */
  public static void toTensor(Picture from, MemorySegment into, long offset) {
    int pixels = from.width() * from.height();
    byte[] rgb = from.rgb();
    for (int c = 0; c < 3; c++) {
      long plane = offset + 4L * c * pixels;
      for (int i = 0; i < pixels; i++) {
        into.set(ValueLayout.JAVA_FLOAT_UNALIGNED, plane + 4L * i, LEVELS[rgb[3 * i + c] & 0xff]);
      }
    }
  }

  /**
   * The inverse of {@link #toTensor}, as the reference saves samples: {@code 127.5 x + 128},
   * clamped to [0, 255] and cut to an integer. Not-a-number becomes 0.
   */
  public static void toPicture(
      MemorySegment from, long offset, int width, int height, Picture into) {
    into.resize(width, height);
    int pixels = width * height;
    byte[] rgb = into.rgb();
    for (int c = 0; c < 3; c++) {
      long plane = offset + 4L * c * pixels;
      for (int i = 0; i < pixels; i++) {
        float x = from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, plane + 4L * i);
        rgb[3 * i + c] = (byte) (int) Math.max(0, Math.min(255, 127.5f * x + 128));
      }
    }
  }

  private static float[] levels() {
    float[] levels = new float[256];
    for (int v = 0; v < 256; v++) {
      levels[v] = (v / 255f - 0.5f) / 0.5f;
    }
    return levels;
  }
}
