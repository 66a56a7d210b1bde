package dev.lgc.compiler.plan.artifact;

import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Bytes under construction, with a table of strings. */
final class ByteWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Map<String, Integer> strings = new LinkedHashMap<>();

  ByteWriter number(long v) {
    if (v < 0) {
      throw new IllegalArgumentException("negative: " + v);
    }
    long rest = v;
    while (rest >= 0x80) {
      bytes.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
    return this;
  }

  ByteWriter of(Enum<?> e) {
    return number(e.ordinal());
  }

  ByteWriter string(String s) {
    return number(strings.computeIfAbsent(s, x -> strings.size()));
  }

  <T> ByteWriter list(Collection<T> list, Consumer<T> each) {
    number(list.size());
    list.forEach(each);
    return this;
  }

  ByteWriter type(TensorType t) {
    return of(t.dtype()).list(t.shape().dims(), d -> number(d));
  }

  ByteWriter place(SourcePlace p) {
    return string(p.file()).number(p.line()).number(p.column());
  }

  /** A value of a type, in the type's own bits. */
  ByteWriter value(DType t, double v) {
    switch (t) {
      case F32 -> fixed(Float.floatToRawIntBits((float) v), 4);
      case F64 -> fixed(Double.doubleToRawLongBits(v), 8);
      case I32 -> fixed((int) v, 4);
      case I8, BOOL -> fixed((byte) v, 1);
      case BF16 -> fixed(Float.floatToRawIntBits((float) v) >>> 16, 2);
      case F16 -> fixed(Float.floatToFloat16((float) v), 2);
    }
    return this;
  }

  private void fixed(long bits, int size) {
    for (int i = 0; i < size; i++) {
      bytes.write((int) (bits >>> (8 * i)));
    }
  }

  /** The magic, the strings that the body uses, the body. */
  byte[] finish(String magic, int version) {
    ByteWriter all = new ByteWriter();
    all.bytes.writeBytes(magic.getBytes(StandardCharsets.US_ASCII));
    all.bytes.write(version);
    all.list(
        strings.keySet(),
        s -> {
          byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
          all.number(utf8.length);
          all.bytes.writeBytes(utf8);
        });
    all.bytes.writeBytes(bytes.toByteArray());
    return all.bytes.toByteArray();
  }
}
