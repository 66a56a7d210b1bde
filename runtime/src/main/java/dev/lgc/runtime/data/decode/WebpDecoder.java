package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Decodes WebP (RFC 9649): lossy, with or without alpha, lossless, and the first frame of an
 * animation on its canvas, all to the bit as libwebp does.
 */
final class WebpDecoder {
  private static final int RIFF = 0x46464952;
  private static final int WEBP = 0x50424557;
  private static final int EXTENDED = 0x58385056;
  private static final int LOSSY = 0x20385056;
  private static final int LOSSLESS = 0x4c385056;
  private static final int ALPHA = 0x48504c41;
  private static final int FRAME = 0x464d4e41;
  private static final int ALPHA_FLAG = 16;

  private final ByteBuffer in;
  private final DecodeLimit limit;

  private boolean extended;
  private boolean transparent;
  private int canvasWidth;
  private int canvasHeight;

  // Where the chunks of the picture begin and how long they are; -1 where there is none.
  private int frameAt = -1;
  private int alphaAt = -1;
  private int alphaLength;
  private int pixelsAt = -1;
  private int pixelsLength;
  private boolean lossless;

  private WebpDecoder(ByteBuffer in, DecodeLimit limit) {
    this.in = in.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    this.limit = limit;
  }

  /** Returns true if {@code in} begins as WebP does. */
  static boolean recognizes(ByteBuffer in) {
    ByteBuffer b = in.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    return b.limit() >= 12 && b.getInt(0) == RIFF && b.getInt(8) == WEBP;
  }

  /** Decodes {@code in} into {@code sink}. */
  static void decode(ByteBuffer in, DecodeLimit limit, PixelSink sink) throws ImageException {
    new WebpDecoder(in, limit).decode(sink);
  }

  private void decode(PixelSink sink) throws ImageException {
    long end = (in.getInt(4) & 0xffffffffL) + 8;
    if (end > in.limit()) {
      throw ImageException.damaged("it ends too early");
    }
    chunks(12, (int) end);
    if (pixelsAt < 0) {
      throw ImageException.damaged("it holds no pixels");
    }
    byte[] pixels = copy(pixelsAt, pixelsLength);
    Composer composer = new Composer(sink);
    if (lossless) {
      Vp8lDecoder.Header h = Vp8lDecoder.header(pixels);
      place(composer, h.width(), h.height(), Vp8lDecoder.bytes(h.width(), h.height()));
      int[] argb = Vp8lDecoder.decode(h.in(), h.width(), h.height());
      composer.argb(argb, h.transparent() && !(extended && !transparent));
    } else {
      Vp8Header h = new Vp8Header(pixels);
      long alphaBytes = alphaAt < 0 ? 0 : Vp8lDecoder.bytes(h.width, h.height);
      place(composer, h.width, h.height, Vp8Decoder.bytes(h.width, h.height) + alphaBytes);
      byte[] alpha = alphaAt < 0 ? null : AlphaPlane.decode(copy(alphaAt, alphaLength), h);
      Vp8Upsampler rows = new Vp8Upsampler(Vp8Decoder.decode(h), h.width, h.height);
      byte[] rgb = new byte[3 * h.width];
      composer.rows(
          y -> {
            rows.row(y, rgb);
            return rgb;
          },
          alpha);
    }
  }

  /** Finds the first picture among the chunks from {@code at} to {@code end}. */
  private void chunks(int at, int end) throws ImageException {
    while (pixelsAt < 0 && end - at >= 8) {
      int tag = in.getInt(at);
      int length = in.getInt(at + 4);
      int data = at + 8;
      if (length < 0 || length > end - data) {
        throw ImageException.damaged("a chunk ends too early");
      }
      switch (tag) {
        case EXTENDED -> {
          require(length, 10);
          extended = true;
          transparent = (in.get(data) & ALPHA_FLAG) != 0;
          canvasWidth = three(data + 4) + 1;
          canvasHeight = three(data + 7) + 1;
        }
        case FRAME -> {
          require(length, 16);
          frameAt = data;
          chunks(data + 16, data + length);
        }
        case ALPHA -> {
          require(length, 1);
          alphaAt = data;
          alphaLength = length;
        }
        case LOSSY, LOSSLESS -> {
          pixelsAt = data;
          pixelsLength = length;
          lossless = tag == LOSSLESS;
        }
        default -> {} // Profiles and other data beside the pixels.
      }
      at = data + length + (length & 1);
    }
  }

  private static void require(int length, int least) throws ImageException {
    if (length < least) {
      throw ImageException.damaged("a chunk ends too early");
    }
  }

  /** Begins the picture: a frame of this size alone, or on the canvas of its animation. */
  private void place(Composer composer, int width, int height, long bytes) throws ImageException {
    limit.require(bytes, width, height);
    if (frameAt < 0) {
      if (extended && (width != canvasWidth || height != canvasHeight)) {
        throw ImageException.damaged(
            Text.format(
                "its canvas is %d by %d, its picture %d by %d",
                canvasWidth, canvasHeight, width, height));
      }
      composer.begin(width, height);
      return;
    }
    int x = 2 * three(frameAt);
    int y = 2 * three(frameAt + 3);
    int w = three(frameAt + 6) + 1;
    int h = three(frameAt + 9) + 1;
    if (w != width || h != height) {
      throw ImageException.damaged(
          Text.format(
              "its first frame is %d by %d, the picture in it %d by %d", w, h, width, height));
    }
    if (!extended || x + w > canvasWidth || y + h > canvasHeight) {
      throw ImageException.damaged("its first frame reaches beyond its canvas");
    }
    // Without alpha what no frame covers is black, as Pillow shows it.
    int empty = transparent ? 0xffffff : 0;
    composer.begin(canvasWidth, canvasHeight, x, y, width, height, empty);
  }

  private int three(int at) {
    return in.get(at) & 0xff | (in.get(at + 1) & 0xff) << 8 | (in.get(at + 2) & 0xff) << 16;
  }

  private byte[] copy(int at, int length) {
    byte[] bytes = new byte[length];
    in.get(at, bytes);
    return bytes;
  }
}
