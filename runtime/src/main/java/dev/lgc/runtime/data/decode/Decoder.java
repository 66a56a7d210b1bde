package dev.lgc.runtime.data.decode;

import java.nio.ByteBuffer;

/** Decodes images of any format that is read, told apart by their content. */
public final class Decoder {
  private Decoder() {}

  /**
   * Decodes the image {@code in} into {@code sink}, on white.
   *
   * @param in the file, from its first byte to its limit
   * @return false, with nothing given to the sink, if its format is not known
   * @throws ImageException if it is damaged or not read; the sink may have been given some rows
   */
  public static boolean decode(ByteBuffer in, DecodeLimit limit, PixelSink sink)
      throws ImageException {
    if (JpegHeader.recognizes(in)) {
      JpegDecoder.decode(in, limit, sink);
    } else if (PngDecoder.recognizes(in)) {
      PngDecoder.decode(in, limit, sink);
    } else if (WebpDecoder.recognizes(in)) {
      WebpDecoder.decode(in, limit, sink);
    } else if (GifDecoder.recognizes(in)) {
      GifDecoder.decode(in, limit, sink);
    } else if (TiffDirectory.recognizes(in)) {
      TiffDecoder.decode(in, limit, sink);
    } else if (BmpDecoder.recognizes(in)) {
      BmpDecoder.decode(in, limit, sink);
    } else {
      return false;
    }
    return true;
  }
}
