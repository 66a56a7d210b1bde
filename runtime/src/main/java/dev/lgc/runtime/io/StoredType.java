package dev.lgc.runtime.io;

import dev.lgc.dsl.type.DType;
import java.util.Optional;

/**
 * The element type of a tensor in a file. The constants are named as safetensors names them;
 * elements are little-endian. Of types that safetensors has besides these (complex numbers, and
 * those of less than a byte) a file may have tensors, but none that is read.
 */
public enum StoredType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E4M3(1),
  F8_E5M2(1),
  F8_E8M0(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8);

  private final int bytes;

  StoredType(int bytes) {
    this.bytes = bytes;
  }

  /** The type in which a file has elements of {@code type}. */
  public static StoredType of(DType type) {
    return switch (type) {
      case F32 -> F32;
      case F64 -> F64;
      case BF16 -> BF16;
      case F16 -> F16;
      case I32 -> I32;
      case I8 -> I8;
      case BOOL -> BOOL;
    };
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The type that safetensors calls {@code code}, if it is one of ours. */
  static Optional<StoredType> named(String code) {
    for (StoredType t : values()) {
      if (t.name().equals(code)) {
        return Optional.of(t);
      }
    }
    return Optional.empty();
  }
}
