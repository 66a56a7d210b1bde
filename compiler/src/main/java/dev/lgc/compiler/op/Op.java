package dev.lgc.compiler.op;

import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * An operation that a graph node computes. One record per op, in a file of its own, holding all
 * there is to know of it: shape rule, meaning, gradient, documentation. Families (the permitted
 * sub-interfaces) are what passes and backends switch on.
 */
public sealed interface Op permits Source, Primitive, Composite, Collective {
  /** Lower-case name for dumps: {@code add}, {@code conv2d}. */
  default String name() {
    return getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }

  /**
   * The result type.
   *
   * @throws IllegalArgumentException if the operands do not fit: a fault of the compiler, since
   *     users' shapes were checked before
   */
  TensorType infer(List<TensorType> operands);

  /**
   * The gradients of the operands.
   *
   * @param t adds nodes
   * @param operands the node's operands
   * @param result the node itself
   * @param gradient of the result, same type
   * @return one value per operand, {@link Terms#NONE} where there is none
   */
  int[] gradient(Terms t, int[] operands, int result, int gradient);

  /** Shorthand for ops without a gradient. */
  static int[] none(int operands) {
    int[] g = new int[operands];
    java.util.Arrays.fill(g, Terms.NONE);
    return g;
  }
}
