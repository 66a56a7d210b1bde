package dev.lgc.runtime.data;

import java.util.Arrays;

/**
 * An 8-bit RGB picture that can be refilled: rows from the top, pixels from the left, three bytes a
 * pixel. The array behind it only grows, so that one picture read into again and again costs
 * nothing.
 */
public final class Picture {
  private int width;
  private int height;
  private byte[] rgb = new byte[0];
  private final int enough;

  /** An empty picture, to be read into. */
  public Picture() {
    this(Integer.MAX_VALUE);
  }

  private Picture(int enough) {
    this.enough = enough;
  }

  /**
   * An empty picture, to be read into and then cropped to squares of at most {@code side} pixels
   * before anything is cut off: a reader may halve what it reads while the shorter side stays at
   * least that long, as {@link Crops} does first of all, so that a photo of any size fits.
   */
  public static Picture forCrops(int side) {
    return new Picture(Math.max(1, side));
  }

  /** A black picture. */
  public Picture(int width, int height) {
    this();
    resize(width, height);
  }

  /**
   * Makes this picture {@code width} by {@code height}; its content is then undefined.
   *
   * @throws IllegalArgumentException if a side is negative or it would take 2 GiB or more
   */
  public void resize(int width, int height) {
    long bytes = 3L * width * height;
    if (width < 0 || height < 0 || bytes > Integer.MAX_VALUE - 16) {
      throw new IllegalArgumentException("a picture of " + width + " by " + height);
    }
    if (rgb.length < bytes) {
      rgb = new byte[(int) bytes];
    }
    this.width = width;
    this.height = height;
  }

  /** The shortest that the shorter side may be for what the picture is read for, in pixels. */
  int enough() {
    return enough;
  }

  /** Pixels in a row. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** The bytes, of which the first {@code 3 * width * height} count; not a copy. */
  public byte[] rgb() {
    return rgb;
  }

  /** Channel {@code c} (0 red, 1 green, 2 blue) of the pixel at {@code (x, y)}, 0 to 255. */
  public int at(int x, int y, int c) {
    return rgb[3 * (y * width + x) + c] & 0xff;
  }

  /** Sets the pixel at {@code (x, y)}; each channel 0 to 255. */
  public void set(int x, int y, int red, int green, int blue) {
    int at = 3 * (y * width + x);
    rgb[at] = (byte) red;
    rgb[at + 1] = (byte) green;
    rgb[at + 2] = (byte) blue;
  }

  /** Makes this picture a copy of {@code other}. */
  public void copyFrom(Picture other) {
    resize(other.width, other.height);
    System.arraycopy(other.rgb, 0, rgb, 0, 3 * width * height);
  }

  /** Makes {@code into} the part of this picture whose top left corner is {@code (x, y)}. */
  public void cut(int x, int y, int width, int height, Picture into) {
    into.resize(width, height);
    for (int row = 0; row < height; row++) {
      System.arraycopy(rgb, 3 * ((y + row) * this.width + x), into.rgb, 3 * row * width, 3 * width);
    }
  }

  /** Mirrors this picture, left to right. */
  public void flip() {
    for (int y = 0; y < height; y++) {
      int left = 3 * y * width;
      int right = left + 3 * (width - 1);
      for (; left < right; left += 3, right -= 3) {
        for (int c = 0; c < 3; c++) {
          byte kept = rgb[left + c];
          rgb[left + c] = rgb[right + c];
          rgb[right + c] = kept;
        }
      }
    }
  }

  /** Returns true if {@code other} is a picture of the same size and pixels. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Picture p
        && width == p.width
        && height == p.height
        && Arrays.equals(rgb, 0, 3 * width * height, p.rgb, 0, 3 * width * height);
  }

  @Override
  public int hashCode() {
    return 31 * width + height;
  }

  @Override
  public String toString() {
    return "picture of " + width + " by " + height;
  }
}
