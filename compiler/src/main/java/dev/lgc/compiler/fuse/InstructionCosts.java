package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;

/**
 * Costs of computing a value again and of keeping it on a target, in units of about one vector
 * instruction per element.
 *
 * @param write storing an element to memory
 * @param read loading an element from memory
 * @param divide division, remainder, square root
 * @param transcendental exponential, logarithm, sine, tangent, power
 * @param random a uniform
 */
public record InstructionCosts(int write, int read, int divide, int transcendental, int random) {
  /** Cost of computing a scalar once its loads are there. */
  public int of(Scalar s) {
    int cost =
        switch (s) {
          case Scalar.Apply a -> of(a.function());
          case Scalar.Uniform u -> random;
          case Scalar.Literal l -> 0;
          case Scalar.AxisIndex i -> 0;
          case Scalar.Local l -> 0;
          // What happens in an index is for the address unit.
          case Scalar.Load l -> -l.index().stream().mapToInt(this::of).sum();
        };
    for (Scalar c : s.children()) {
      cost += of(c);
    }
    return cost;
  }

  private int of(Function f) {
    return switch (f) {
      case ADD, SUB, MUL, MIN, MAX, NEG, ABS, LT, LE, EQ, NE, AND, OR, NOT, SELECT, FLOOR -> 1;
      case CHECK_INDEX -> 0;
      case TO_F32, TO_F64, TO_I32, TO_I8, TO_BOOL, TO_BF16, TO_F16 -> 1;
      case DIV, MOD, SQRT -> divide;
      case POW, EXP, LOG, SIN, COS, TANH -> transcendental;
    };
  }

  /**
   * Returns true if it is cheaper to compute a value in each of several kernels than to store it
   * once and load it in each.
   *
   * @param compute cost of the value from its loads
   * @param loads full-size operands
   * @param kernels that need it
   */
  boolean recompute(int compute, int loads, int kernels) {
    return (kernels - 1) * (compute + read * (loads - 1)) <= write;
  }
}
