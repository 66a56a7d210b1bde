package dev.lgc.compiler.kernel;

import dev.lgc.dsl.type.DType;

/** A kernel's formal parameter: dense elements of one type. */
public record Buffer(DType dtype, long elements, Access access) {
  /** A kernel's access to a buffer. */
  public enum Access {
    READ,
    WRITE,
    READ_WRITE
  }
}
