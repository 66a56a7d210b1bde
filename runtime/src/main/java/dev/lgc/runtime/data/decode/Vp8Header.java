package dev.lgc.runtime.data.decode;

/**
 * The header of a VP8 key frame: size, segments, loop filter, quantizers and coefficient
 * probabilities (RFC 6386, section 9).
 */
final class Vp8Header {
  /** Macroblocks may belong to one of these many segments. */
  static final int SEGMENTS = 4;

  final int width;
  final int height;

  /** Reads what follows the header: the modes of macroblocks. */
  final Vp8BoolDecoder modes;

  /** Readers of coefficients, which take turns by rows of macroblocks. */
  final Vp8BoolDecoder[] partitions;

  /**
   * True if each macroblock says which segment it belongs to; then the tree's probabilities follow.
   */
  final boolean segmentMap;

  final int[] segmentProbabilities = {255, 255, 255};

  final boolean simpleFilter;
  final int sharpness;

  /** Strength of the loop filter by segment and by whether a macroblock is split; 0 is none. */
  final int[][] filterLevels = new int[SEGMENTS][2];

  /** Steps by segment: luma DC and AC, second-order luma DC and AC, chroma DC and AC. */
  final int[][] steps = new int[SEGMENTS][6];

  /** Coefficient probabilities: type, band, context, node. */
  final int[] coefficients = Vp8Tables.coefficients();

  /** Probability that a macroblock has coefficients, or -1 if all have. */
  final int skipProbability;

  private boolean segmented;
  private boolean absolute;
  private final int[] segmentSteps = new int[SEGMENTS];
  private final int[] segmentFilters = new int[SEGMENTS];

  /** Parses the header of a frame. */
  Vp8Header(byte[] bytes) throws ImageException {
    int to = bytes.length;
    if (to < 10) {
      throw ImageException.damaged("its VP8 frame ends too early");
    }
    int tag = three(bytes, 0);
    if ((tag & 1) != 0) {
      throw ImageException.damaged("its VP8 frame is not a key frame");
    }
    if ((tag >> 1 & 7) > 3) {
      throw ImageException.damaged("its VP8 frame has an unknown version");
    }
    if (three(bytes, 3) != 0x2a019d) {
      throw ImageException.damaged("its VP8 frame has no start code");
    }
    width = (bytes[6] & 0xff | (bytes[7] & 0x3f) << 8);
    height = (bytes[8] & 0xff | (bytes[9] & 0x3f) << 8);
    int first = 10;
    int rest = first + (tag >> 5);
    if (width < 1 || height < 1 || rest > to) {
      throw ImageException.damaged("its VP8 frame ends too early");
    }
    modes = new Vp8BoolDecoder(bytes, first, rest);
    modes.number(2); // Colour space and clamping: both have one meaning in WebP.
    segmentMap = segments();
    simpleFilter = modes.flag();
    int level = modes.number(6);
    sharpness = modes.number(3);
    filterLevels(level);
    partitions = partitions(bytes, rest, to, 1 << modes.number(2));
    quantizers();
    modes.flag(); // Whether probabilities outlive the frame: there is no other.
    for (int i = 0; i < coefficients.length; i++) {
      if (modes.bit(Vp8Tables.COEFFICIENT_UPDATES[i])) {
        coefficients[i] = modes.number(8);
      }
    }
    skipProbability = modes.flag() ? modes.number(8) : -1;
    if (modes.past()) {
      throw ImageException.damaged("its VP8 header ends too early");
    }
  }

  private boolean segments() {
    segmented = modes.flag();
    if (!segmented) {
      return false;
    }
    boolean map = modes.flag();
    if (modes.flag()) {
      absolute = modes.flag();
      for (int i = 0; i < SEGMENTS; i++) {
        segmentSteps[i] = modes.optional(7);
      }
      for (int i = 0; i < SEGMENTS; i++) {
        segmentFilters[i] = modes.optional(6);
      }
    }
    if (map) {
      for (int i = 0; i < segmentProbabilities.length; i++) {
        segmentProbabilities[i] = modes.flag() ? modes.number(8) : 255;
      }
    }
    return map;
  }

  private void filterLevels(int level) {
    int intra = 0;
    int split = 0;
    boolean adjusted = modes.flag();
    if (adjusted && modes.flag()) {
      // Changes by reference frame (only the first is "intra") and by mode (the first is split).
      for (int i = 0; i < 8; i++) {
        int change = modes.optional(6);
        intra = i == 0 ? change : intra;
        split = i == 4 ? change : split;
      }
    }
    for (int s = 0; s < SEGMENTS && level > 0; s++) {
      int base = segmented ? segmentFilters[s] + (absolute ? 0 : level) : level;
      filterLevels[s][0] = Math.clamp(base + intra, 0, 63);
      filterLevels[s][1] = Math.clamp(base + intra + split, 0, 63);
    }
  }

  private void quantizers() {
    int base = modes.number(7);
    int[] change = new int[5];
    for (int i = 0; i < change.length; i++) {
      change[i] = modes.optional(4);
    }
    for (int s = 0; s < SEGMENTS; s++) {
      int q = segmented ? segmentSteps[s] + (absolute ? 0 : base) : base;
      steps[s][0] = Vp8Tables.dc(q + change[0], 127);
      steps[s][1] = Vp8Tables.ac(q);
      steps[s][2] = 2 * Vp8Tables.dc(q + change[1], 127);
      // 155 / 100 in fixed point, as libwebp has it.
      steps[s][3] = Math.max(8, Vp8Tables.ac(q + change[2]) * 101581 >> 16);
      steps[s][4] = Vp8Tables.dc(q + change[3], 117);
      steps[s][5] = Vp8Tables.ac(q + change[4]);
    }
  }

  private static Vp8BoolDecoder[] partitions(byte[] bytes, int from, int to, int count)
      throws ImageException {
    int at = from + 3 * (count - 1);
    if (at > to) {
      throw ImageException.damaged("its VP8 partitions end too early");
    }
    Vp8BoolDecoder[] all = new Vp8BoolDecoder[count];
    for (int i = 0; i < count; i++) {
      int size = i < count - 1 ? three(bytes, from + 3 * i) : to - at;
      int end = Math.min(to, at + size);
      all[i] = new Vp8BoolDecoder(bytes, at, end);
      at = end;
    }
    return all;
  }

  private static int three(byte[] b, int at) {
    return b[at] & 0xff | (b[at + 1] & 0xff) << 8 | (b[at + 2] & 0xff) << 16;
  }
}
