package dev.lgc.compiler.rewrite.storage;

import dev.lgc.dsl.type.TensorType;

/** The part of a tensor that a rank stores, where ranks hold the tensor together. */
public sealed interface RankPart permits ParameterBlock, AxisPart {
  /** The tensor as the model declares it. */
  TensorType whole();

  /** The type of a rank's part, before it is packed or quantized. */
  TensorType type();
}
