package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;

/**
 * When to compute a value again and when to keep it, in units of about one vector instruction per
 * element.
 *
 * @param write storing an element to memory
 * @param read loading an element from memory
 * @param divide division, remainder, square root
 * @param transcendental exponential, logarithm, sine, tangent, power
 * @param random a uniform
 * @param maxUses times a value may stand in one kernel's expressions
 * @param maxWidenings times a contraction may convert an element of a narrow factor
 * @param maxDepth longest chain of ops in one kernel
 * @param maxMembers most nodes in one kernel
 * @param maxReductions most reductions in one kernel: HotSpot never compiles a method of more than
 *     8000 bytes, and a reduction is a loop of its own
 * @param maxBuffers most buffers of one kernel, about
 * @param maxStored most values that one kernel stores
 * @param scratchBytes largest row kept in a kernel's scratch memory
 * @param batchBytes most scratch memory that a kernel over batches of matrices needs for one
 * @param minRows fewest points that a kernel over rows may have, unless it is small
 * @param smallElements what counts as small
 */
public record Costs(
    int write,
    int read,
    int divide,
    int transcendental,
    int random,
    int maxUses,
    int maxWidenings,
    int maxDepth,
    int maxMembers,
    int maxReductions,
    int maxBuffers,
    int maxStored,
    int scratchBytes,
    int batchBytes,
    int minRows,
    int smallElements) {
  public static final Costs DEFAULT =
      new Costs(13, 6, 3, 8, 12, 32, 16, 48, 240, 8, 16, 6, 65536, 8 << 20, 8, 1 << 18);

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
   * Whether it is cheaper to compute a value in each of several kernels than to store it once and
   * load it in each.
   *
   * @param compute cost of the value from its loads
   * @param loads full-size operands
   * @param kernels that need it
   */
  boolean recompute(int compute, int loads, int kernels) {
    return (kernels - 1) * (compute + read * (loads - 1)) <= write;
  }
}
