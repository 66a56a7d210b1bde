package dev.lgc.runtime.io;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The checksums of a safetensors file, as its metadata has them under {@value #KEY}: CRC-32C in
 * hexadecimal, first that of the header, then those of the tensors in the order of their bytes. The
 * header's is computed with zeros in its own place. Other readers see one more text.
 *
 * @param header of the header's bytes
 * @param tensors of each tensor's bytes
 */
record Checksums(int header, List<Integer> tensors) {
  static final String KEY = "lgc.crc32c";

  /** Characters of one, and of the space before the next. */
  private static final int DIGITS = 8;

  /** A text as long as the one of so many tensors, to be replaced by it. */
  static String placeholder(int tensors) {
    return new Checksums(0, Collections.nCopies(tensors, 0)).text();
  }

  /** As metadata has them. */
  String text() {
    HexFormat hex = HexFormat.of();
    StringBuilder s = new StringBuilder((tensors.size() + 1) * (DIGITS + 1));
    s.append(hex.toHexDigits(header));
    tensors.forEach(t -> s.append(' ').append(hex.toHexDigits(t)));
    return s.toString();
  }

  /**
   * Those of a file; none if its metadata has none.
   *
   * @param tensors how many it has
   * @throws IllegalArgumentException if they are not as {@link #text} gives them
   */
  static Optional<Checksums> of(Map<String, String> metadata, int tensors) {
    String text = metadata.get(KEY);
    if (text == null) {
      return Optional.empty();
    }
    if (text.length() != (tensors + 1) * (DIGITS + 1) - 1) {
      throw new IllegalArgumentException(text.length() + " characters of checksums");
    }
    List<Integer> all = new ArrayList<>(tensors + 1);
    for (int at = 0; at < text.length(); at += DIGITS + 1) {
      all.add(HexFormat.fromHexDigits(text, at, at + DIGITS));
    }
    return Optional.of(new Checksums(all.getFirst(), List.copyOf(all.subList(1, all.size()))));
  }

  /**
   * Puts {@link #text} with the header's own checksum into a header that has a placeholder.
   *
   * @return the header's own checksum
   */
  static int complete(byte[] header, List<Integer> tensors) {
    int at = place(header);
    put(header, at, new Checksums(0, tensors).text());
    int own = Crc32c.of(MemorySegment.ofArray(header));
    put(header, at, HexFormat.of().toHexDigits(own));
    return own;
  }

  /** Returns true if a header is the one that was written. */
  boolean areOf(byte[] header) {
    int at = place(header);
    put(header, at, "0".repeat(DIGITS));
    return Crc32c.of(MemorySegment.ofArray(header)) == this.header;
  }

  private static void put(byte[] header, int at, String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, header, at, ascii.length);
  }

  /**
   * The position at which the text begins: in other texts of the header a quote would be escaped.
   */
  private static int place(byte[] header) {
    byte[] before = ("\"" + KEY + "\":\"").getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at + before.length + DIGITS <= header.length; at++) {
      if (Arrays.equals(header, at, at + before.length, before, 0, before.length)) {
        return at + before.length;
      }
    }
    throw new IllegalArgumentException("a header without checksums");
  }
}
