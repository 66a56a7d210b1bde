package dev.lgc.runtime.sample;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lgc.runtime.io.BadInputException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The codes of neighbouring pictures, or the reason why one cannot be read. */
final class EncodedChunk {
  private final int first;
  private final int[][] codes;
  private final BadInputException[] failures;

  /**
   * A chunk in which nothing is encoded yet.
   *
   * @param first its first picture
   * @param size number of pictures
   * @param length codes of a picture in all its versions
   */
  EncodedChunk(int first, int size, int length) {
    this.first = first;
    this.codes = new int[size][length];
    this.failures = new BadInputException[size];
  }

  int first() {
    return first;
  }

  int size() {
    return codes.length;
  }

  /** The codes of picture {@code first() + i}: int [versions, tokens]. */
  int[] codes(int i) {
    return codes[i];
  }

  /** The reason why a picture has no codes; empty if it has. */
  Optional<BadInputException> failure(int i) {
    return Optional.ofNullable(failures[i]);
  }

  void fail(int i, BadInputException why) {
    failures[i] = why;
  }

  /** The chunk as another rank gets it. */
  byte[] bytes() {
    int length = 0;
    byte[][] why = new byte[size()][];
    for (int i = 0; i < size(); i++) {
      why[i] = failure(i).map(BadInputException::what).orElse("").getBytes(UTF_8);
      length += Integer.BYTES + (failures[i] == null ? codes[i].length * Integer.BYTES : 0);
      length += why[i].length;
    }
    ByteBuffer bytes = ByteBuffer.allocate(length);
    for (int i = 0; i < size(); i++) {
      bytes.putInt(failures[i] == null ? -1 : why[i].length).put(why[i]);
      if (failures[i] == null) {
        for (int code : codes[i]) {
          bytes.putInt(code);
        }
      }
    }
    return bytes.array();
  }

  /** Reads what {@link #bytes} wrote into a chunk in which nothing is encoded yet. */
  EncodedChunk read(ByteBuffer bytes) {
    for (int i = 0; i < size(); i++) {
      int length = bytes.getInt();
      if (length < 0) {
        bytes.asIntBuffer().get(codes[i]);
        bytes.position(bytes.position() + codes[i].length * Integer.BYTES);
      } else {
        byte[] why = new byte[length];
        bytes.get(why);
        fail(i, new BadInputException(new String(why, UTF_8), "", ""));
      }
    }
    return this;
  }
}
