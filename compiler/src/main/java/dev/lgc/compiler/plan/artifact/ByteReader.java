package dev.lgc.compiler.plan.artifact;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes being read that may hold anything. Nothing is allocated before the bytes for it were seen.
 */
final class ByteReader {
  /** One element of a list. */
  interface Element<T> {
    T read() throws ArtifactException;
  }

  private final String what;
  private final byte[] bytes;
  private final int version;
  private int at;
  private List<String> strings = List.of();

  /**
   * @param what what is read, for messages
   */
  ByteReader(String what, byte[] bytes, String magic) throws ArtifactException {
    this.what = what;
    this.bytes = bytes;
    byte[] m = magic.getBytes(StandardCharsets.US_ASCII);
    for (byte b : m) {
      if (octet() != b) {
        throw new ArtifactException(what + " does not begin with " + magic);
      }
    }
    version = octet();
    if (version < Artifact.OLDEST || version > Artifact.VERSION) {
      throw new ArtifactException(
          Text.format(
              "%s has format %d; this lgc reads formats %d to %d",
              what, version, Artifact.OLDEST, Artifact.VERSION));
    }
    strings = list(this::text);
  }

  /** The version of the format. */
  int version() {
    return version;
  }

  private int octet() throws ArtifactException {
    if (at >= bytes.length) {
      throw new ArtifactException(what + " ends too early");
    }
    return bytes[at++] & 0xFF;
  }

  long number() throws ArtifactException {
    long v = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      int b = octet();
      v |= (long) (b & 0x7F) << shift;
      if (b < 0x80) {
        return v;
      }
    }
    throw new ArtifactException("a number is too large at byte " + at);
  }

  /** A number below {@code limit}. */
  int below(long limit, String what) throws ArtifactException {
    long v = number();
    if (v >= limit) {
      throw new ArtifactException(what + " " + v + " of " + limit);
    }
    return (int) v;
  }

  <E extends Enum<E>> E of(E[] values) throws ArtifactException {
    return values[below(values.length, values[0].getDeclaringClass().getSimpleName())];
  }

  private String text() throws ArtifactException {
    int n = below(bytes.length - at + 1L, "string length");
    at += n;
    if (at > bytes.length) {
      throw new ArtifactException(what + " ends too early");
    }
    return new String(bytes, at - n, n, StandardCharsets.UTF_8);
  }

  String string() throws ArtifactException {
    return strings.get(below(strings.size(), "string"));
  }

  /** As many elements as a count says; each takes at least one byte. */
  <T> List<T> list(Element<T> each) throws ArtifactException {
    int n = below(bytes.length - at + 1L, "count");
    List<T> list = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      list.add(each.read());
    }
    return list;
  }

  /** A size of a tensor. */
  int size() throws ArtifactException {
    int n = below(1L << 31, "size");
    if (n == 0) {
      throw new ArtifactException("size 0");
    }
    return n;
  }

  TensorType type() throws ArtifactException {
    return new TensorType(of(DType.values()), new Shape(list(this::size)));
  }

  SourcePlace place() throws ArtifactException {
    return new SourcePlace(string(), below(1L << 31, "line"), below(1L << 31, "column"));
  }

  /** So many values of a type. */
  double[] values(DType t, long n) throws ArtifactException {
    if (n > (bytes.length - at) / t.bytes()) {
      throw new ArtifactException("a constant of " + n + " elements does not fit the file");
    }
    double[] v = new double[(int) n];
    for (int i = 0; i < v.length; i++) {
      v[i] = value(t);
    }
    return v;
  }

  double value(DType t) throws ArtifactException {
    return switch (t) {
      case F32 -> Float.intBitsToFloat((int) fixed(4));
      case F64 -> Double.longBitsToDouble(fixed(8));
      case I32 -> (int) fixed(4);
      case I8, BOOL -> (byte) fixed(1);
      case BF16 -> Rounding.fromBf16Bits((short) fixed(2));
      case F16 -> Float.float16ToFloat((short) fixed(2));
    };
  }

  private long fixed(int size) throws ArtifactException {
    long bits = 0;
    for (int i = 0; i < size; i++) {
      bits |= (long) octet() << (8 * i);
    }
    return bits;
  }

  void end() throws ArtifactException {
    if (at != bytes.length) {
      throw new ArtifactException(what + " has " + (bytes.length - at) + " bytes too many");
    }
  }
}
