package dev.lgc.runtime.data.decode;

/**
 * Takes an image row by row, from the top, so that an image larger than memory can be made smaller
 * as it is decoded.
 */
public interface PixelSink {
  /**
   * The image has this size. Called before its rows; if it is called again, the rows before were a
   * preview and all of them come again.
   */
  void begin(int width, int height);

  /**
   * The next row: red, green and blue bytes of each pixel, from the left. The array may be longer
   * than the row, and the caller may change it afterwards.
   */
  void row(byte[] rgb);

  /** Something beside the pixels is unsound and ignored: {@code what}. The pixels are sound. */
  default void warn(String what) {}
}
