package dev.lgc.compiler.rewrite;

import dev.lgc.dsl.type.DType;
import java.util.Locale;

/** How a model's matrices are held where they are only read. */
public enum WeightType {
  /** As they were trained. */
  F32(DType.F32),
  /** Rounded to bfloat16, the upper half of a float: relative error at most 2⁻⁹. */
  BF16(DType.BF16),
  /**
   * Whole numbers from -127 to 127 times a scale of each output channel, its largest magnitude /
   * 127: error at most half of that scale.
   */
  INT8(DType.I8);

  private final DType dtype;

  WeightType(DType dtype) {
    this.dtype = dtype;
  }

  /** As users write it. */
  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type of the elements in memory. */
  public DType dtype() {
    return dtype;
  }
}
