package dev.lgc.runtime.data.decode;

import dev.lgc.dsl.text.Text;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * The segments of a JPEG before its first scan, and what they say. Segments of applications
 * (profiles, EXIF, thumbnails, comments) say nothing about pixels, but make decoders refuse or
 * convert them; only what they say about the colour model counts.
 *
 * @param width pixels of a row
 * @param height rows
 * @param components 1 grey, 3 colours, or 4 with black
 * @param progressive whether the picture comes in scans of growing precision
 * @param severalScans whether the first scan does not have all components
 * @param tall a bit for each of three components that has half the rows and all the columns
 * @param model the colour model of the components
 * @param inverted whether 255 is no ink, as Adobe's programs write CMYK
 * @param blocks blocks of 8 by 8 samples in all components
 * @param unsound what beside the pixels breaks its format and is ignored; null if nothing does
 * @param scans where the first scan begins
 * @param prefix a sound beginning, which the bytes from {@code scans} on complete
 */
record JpegHeader(
    int width,
    int height,
    int components,
    boolean progressive,
    boolean severalScans,
    int tall,
    Model model,
    boolean inverted,
    long blocks,
    String unsound,
    int scans,
    byte[] prefix) {
  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int TEM = 0x01;
  private static final int JFIF = 0xe0;
  private static final int ICC = 0xe2;
  private static final int ADOBE = 0xee;
  private static final int COMMENT = 0xfe;

  /** The numbers of the parts of a colour profile, which each segment says. */
  private static final class IccParts {
    private final BitSet seen = new BitSet();
    private int count = -1;
    private boolean wrong;

    void add(int number, int of) {
      wrong |=
          number < 1 || number > of || number > 0 && seen.get(number) || count >= 0 && count != of;
      seen.set(number);
      count = of;
    }

    String unsound() {
      boolean whole = count < 0 || seen.cardinality() == count;
      return wrong || !whole ? "its colour profile is unsound, and ignored" : null;
    }
  }

  /** The meaning of the components of a JPEG. */
  enum Model {
    GREY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }

  /** Returns true if {@code in} begins as JPEG does. */
  static boolean recognizes(ByteBuffer in) {
    return in.limit() >= 3
        && (in.get(0) & 0xff) == 0xff
        && (in.get(1) & 0xff) == SOI
        && (in.get(2) & 0xff) == 0xff;
  }

  /** Reads the segments up to the first scan. */
  static JpegHeader parse(ByteBuffer in) throws ImageException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    boolean jfif = false;
    int adobe = -1;
    int frame = -1;
    IccParts profile = new IccParts();
    int at = 2;
    while (true) {
      while (at < in.limit() && (in.get(at) & 0xff) != 0xff) {
        at++; // libjpeg passes over what lies between segments.
      }
      while (at < in.limit() && (in.get(at) & 0xff) == 0xff) {
        at++;
      }
      if (at >= in.limit()) {
        throw early();
      }
      int marker = in.get(at++) & 0xff;
      if (marker == 0 || marker == TEM || marker >= 0xd0 && marker <= SOI) {
        continue;
      }
      int length = in.limit() - at < 2 ? 0 : in.getShort(at) & 0xffff;
      if (marker == EOI || length < 2 || length > in.limit() - at) {
        throw early();
      }
      if (marker == SOS) {
        break;
      }
      if (marker == ICC && text(in, at + 2, length, "ICC_PROFILE\0")) {
        boolean numbered = length >= 16;
        profile.add(numbered ? in.get(at + 14) & 0xff : 0, numbered ? in.get(at + 15) & 0xff : 0);
      }
      if (marker == JFIF) {
        jfif |= text(in, at + 2, length, "JFIF\0");
      } else if (marker == ADOBE && length >= 14 && text(in, at + 2, length, "Adobe")) {
        adobe = in.get(at + 13) & 0xff;
      }
      if (isFrame(marker)) {
        refuseOther(marker);
        frame = frame < 0 ? at : frame;
      }
      if (marker < JFIF || marker > COMMENT) {
        kept.write(0xff);
        kept.write(marker);
        for (int i = 0; i < length; i++) {
          kept.write(in.get(at + i));
        }
      }
      at += length;
    }
    if (frame < 0) {
      throw ImageException.damaged("a scan comes before the header");
    }
    return of(in, frame, jfif, adobe, profile.unsound(), at - 2, kept.toByteArray());
  }

  /** The number of scans in {@code in}, the same bytes. */
  int countScans(ByteBuffer in) {
    int count = 0;
    for (int at = scans; at < in.limit() - 3; at++) {
      if (in.get(at) != (byte) 0xff) {
        continue;
      }
      int marker = in.get(at + 1) & 0xff;
      if (marker == EOI) {
        break;
      }
      count += marker == SOS ? 1 : 0;
      if (marker >= 0xc0 && marker != 0xff && (marker < 0xd0 || marker > SOI)) {
        at += 1 + (in.getShort(at + 2) & 0xffff); // Segments may hold any bytes.
      }
    }
    return count;
  }

  private static ImageException early() {
    return ImageException.damaged("it ends too early");
  }

  private static boolean text(ByteBuffer in, int at, int length, String text) {
    if (length - 2 < text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (in.get(at + i) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static void refuseOther(int marker) throws ImageException {
    String kind =
        switch (marker) {
          case 0xc0, 0xc1, 0xc2 -> null;
          case 0xc3, 0xcb -> "a lossless JPEG";
          case 0xc9, 0xca -> "an arithmetic-coded JPEG";
          default -> "a hierarchical JPEG";
        };
    if (kind != null) {
      throw ImageException.unsupported(kind + " is not read");
    }
  }

  private static JpegHeader of(
      ByteBuffer in, int frame, boolean jfif, int adobe, String unsound, int scans, byte[] kept)
      throws ImageException {
    int length = in.getShort(frame) & 0xffff;
    if (length < 8 || length < 8 + 3 * (in.get(frame + 7) & 0xff)) {
      throw early();
    }
    if (in.get(frame + 2) != 8) {
      throw ImageException.unsupported(
          Text.format("a JPEG of %d bits a sample is not read", in.get(frame + 2) & 0xff));
    }
    int height = in.getShort(frame + 3) & 0xffff;
    int width = in.getShort(frame + 5) & 0xffff;
    int components = in.get(frame + 7) & 0xff;
    if (width == 0 || height == 0) {
      throw ImageException.damaged(Text.format("%d by %d pixels", width, height));
    }
    if (components != 1 && components != 3 && components != 4) {
      throw ImageException.unsupported(
          Text.format("a JPEG of %d components is not read", components));
    }
    Model model = model(in, frame + 8, components, jfif, adobe);
    int tall = tall(in, frame + 8, components);
    ByteArrayOutputStream prefix = new ByteArrayOutputStream();
    prefix.write(0xff);
    prefix.write(SOI);
    // Says the colour model in the one way that no decoder guesses about; that of tall components
    // is
    // converted after they are upsampled.
    byte transform = (byte) (model == Model.YCC && tall == 0 ? 1 : model == Model.YCCK ? 2 : 0);
    if (components > 1) {
      byte[] segment = {(byte) 0xff, (byte) ADOBE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0};
      prefix.writeBytes(segment);
      prefix.writeBytes(new byte[] {0, 0, 0, transform});
    }
    prefix.writeBytes(kept);
    return new JpegHeader(
        width,
        height,
        components,
        (in.get(frame - 1) & 0xff) == 0xc2,
        scans + 4 < in.limit() && (in.get(scans + 4) & 0xff) < components,
        tall,
        model,
        adobe >= 0,
        blocks(in, frame + 8, width, height, components),
        unsound,
        scans,
        prefix.toByteArray());
  }

  /** The components of three that libjpeg-turbo upsamples down only. */
  private static int tall(ByteBuffer in, int at, int components) {
    int most = 0;
    int mostDown = 0;
    for (int c = 0; c < components; c++) {
      most = Math.max(most, (in.get(at + 3 * c + 1) & 0xff) >> 4);
      mostDown = Math.max(mostDown, in.get(at + 3 * c + 1) & 15);
    }
    int tall = 0;
    for (int c = 0; c < components && components == 3; c++) {
      int factors = in.get(at + 3 * c + 1) & 0xff;
      tall |= factors >> 4 == most && 2 * (factors & 15) == mostDown ? 1 << c : 0;
    }
    return tall;
  }

  /** Returns true if libjpeg keeps the coefficients of the whole picture. */
  boolean isKeptWhole() {
    return progressive || severalScans;
  }

  /** As libjpeg decides. */
  private static Model model(ByteBuffer in, int at, int components, boolean jfif, int adobe) {
    if (components == 1) {
      return Model.GREY;
    }
    if (components == 4) {
      return adobe == 2 ? Model.YCCK : Model.CMYK;
    }
    if (jfif) {
      return Model.YCC;
    }
    if (adobe >= 0) {
      return adobe == 0 ? Model.RGB : Model.YCC;
    }
    boolean named = in.get(at) == 'R' && in.get(at + 3) == 'G' && in.get(at + 6) == 'B';
    return named ? Model.RGB : Model.YCC;
  }

  private static long blocks(ByteBuffer in, int at, int width, int height, int components)
      throws ImageException {
    int most = 1;
    int mostDown = 1;
    for (int c = 0; c < components; c++) {
      int h = (in.get(at + 3 * c + 1) & 0xff) >> 4;
      int v = in.get(at + 3 * c + 1) & 15;
      if (h < 1 || h > 4 || v < 1 || v > 4) {
        throw ImageException.damaged(Text.format("a component of %d by %d blocks", h, v));
      }
      most = Math.max(most, h);
      mostDown = Math.max(mostDown, v);
    }
    long blocks = 0;
    for (int c = 0; c < components; c++) {
      long h = (in.get(at + 3 * c + 1) & 0xff) >> 4;
      long v = in.get(at + 3 * c + 1) & 15;
      blocks += Math.ceilDiv(width * h, 8L * most) * Math.ceilDiv(height * v, 8L * mostDown);
    }
    return blocks;
  }
}
