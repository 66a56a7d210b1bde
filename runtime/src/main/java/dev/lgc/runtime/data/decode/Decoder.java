package dev.lgc.runtime.data.decode;

import java.nio.ByteBuffer;

/** Decodes images of any format that is read, told apart by their content. */
public final class Decoder {
  private Decoder() {}

  /**
   * Decodes the image {@code in} into {@code sink}, on white.
   *
   * @return false, with nothing given to the sink, if its format is not known
   * @throws ImageException if it is damaged or not read; the sink may have been given some rows
   */
  public static boolean decode(ByteBuffer in, Memory memory, PixelSink sink) throws ImageException {
    if (WebpDecoder.recognizes(in)) {
      WebpDecoder.decode(in, memory, sink);
      return true;
    }
    if (JpegHeader.recognizes(in)) {
      JpegDecoder.decode(in, memory, sink);
      return true;
    }
    return false;
  }
}
