package dev.lgc.compiler.op;

import dev.lgc.dsl.type.TensorType;

/** Adds nodes to a graph under construction; how gradients and decompositions are written. Values are node numbers. */
public interface Terms {
  /** No value. */
  int NONE = -1;

  /** Adds a node (or returns an equal earlier one). */
  int add(Op op, int... operands);

  TensorType type(int value);
}
