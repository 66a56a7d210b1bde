package dev.lgc.compiler.algorithm;

import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The value of one element; see the package for grammar and numerics. Deeply immutable. Equality is
 * written out where planning asks for it a million times: what the compiler generates is slow until
 * it is compiled itself.
 */
public sealed interface Scalar {
  DType dtype();

  List<Scalar> children();

  /** The same node over other children, in {@link #children()} order. */
  Scalar withChildren(List<Scalar> children);

  /** A literal. I32 and BOOL literals hold integers. */
  record Literal(DType dtype, double value) implements Scalar {
    @Override
    public boolean equals(Object o) {
      return o == this
          || (o instanceof Literal l && dtype == l.dtype && Double.compare(value, l.value) == 0);
    }

    @Override
    public int hashCode() {
      return 31 * dtype.ordinal() + Double.hashCode(value);
    }

    @Override
    public List<Scalar> children() {
      return List.of();
    }

    @Override
    public Scalar withChildren(List<Scalar> children) {
      return this;
    }
  }

  /** The current position on an axis. */
  record AxisIndex(Axis axis) implements Scalar {
    @Override
    public boolean equals(Object o) {
      return o == this || (o instanceof AxisIndex i && axis.equals(i.axis));
    }

    @Override
    public int hashCode() {
      return axis.hashCode();
    }

    @Override
    public DType dtype() {
      return DType.I32;
    }

    @Override
    public List<Scalar> children() {
      return List.of();
    }

    @Override
    public Scalar withChildren(List<Scalar> children) {
      return this;
    }
  }

  /**
   * An element of an operand (of an op) or buffer (of a kernel).
   *
   * @param operand which one
   * @param dtype its element type
   * @param index one I32 per dimension of the operand; in a kernel one linear element index
   * @param guard when present and false, memory is not touched and the value is {@code otherwise}
   */
  record Load(
      int operand, DType dtype, List<Scalar> index, Optional<Scalar> guard, double otherwise)
      implements Scalar {
    public Load {
      index = List.copyOf(index);
      Objects.requireNonNull(guard);
    }

    public Load(int operand, DType dtype, List<Scalar> index) {
      this(operand, dtype, index, Optional.empty(), 0);
    }

    @Override
    public boolean equals(Object o) {
      return o == this
          || (o instanceof Load l
              && operand == l.operand
              && dtype == l.dtype
              && Double.compare(otherwise, l.otherwise) == 0
              && index.equals(l.index)
              && guard.equals(l.guard));
    }

    @Override
    public int hashCode() {
      return 31 * (31 * operand + index.hashCode()) + guard.hashCode();
    }

    @Override
    public List<Scalar> children() {
      return guard.isEmpty()
          ? index
          : java.util.stream.Stream.concat(index.stream(), guard.stream()).toList();
    }

    @Override
    public Scalar withChildren(List<Scalar> c) {
      return guard.isEmpty()
          ? new Load(operand, dtype, c)
          : new Load(
              operand, dtype, c.subList(0, c.size() - 1), Optional.of(c.getLast()), otherwise);
    }
  }

  /** A function application. */
  record Apply(Function function, DType dtype, List<Scalar> operands) implements Scalar {
    public Apply {
      operands = List.copyOf(operands);
      if (operands.size() != function.arity()) {
        throw new IllegalArgumentException(function + " with " + operands.size() + " operands");
      }
    }

    @Override
    public boolean equals(Object o) {
      return o == this
          || (o instanceof Apply a
              && function == a.function
              && dtype == a.dtype
              && operands.equals(a.operands));
    }

    @Override
    public int hashCode() {
      return 31 * function.ordinal() + operands.hashCode();
    }

    @Override
    public List<Scalar> children() {
      return operands;
    }

    @Override
    public Scalar withChildren(List<Scalar> c) {
      return new Apply(function, dtype, c);
    }
  }

  /**
   * A uniform in [0, 1) with 24 bits, F32: word {@code index mod 4} of Philox 4x32-10 (Salmon et
   * al., SC 2011) with key (key0, key1) and counter ({@code index div 4}, stream, key2, key3),
   * shifted right by 8 and scaled by 2⁻²⁴.
   *
   * @param key four I32: seed low, seed high, then step and micro-batch, or a sample's number and
   *     position
   * @param stream the call site, I32: a literal in algorithms; in kernels a load, so that call
   *     sites share kernels
   * @param index global element index, or the index within a row that has a key of its own, I32
   */
  record Uniform(List<Scalar> key, Scalar stream, Scalar index) implements Scalar {
    public Uniform {
      key = List.copyOf(key);
      if (key.size() != 4) {
        throw new IllegalArgumentException("a key has four words");
      }
    }

    @Override
    public DType dtype() {
      return DType.F32;
    }

    @Override
    public List<Scalar> children() {
      return List.of(key.get(0), key.get(1), key.get(2), key.get(3), stream, index);
    }

    @Override
    public Scalar withChildren(List<Scalar> c) {
      return new Uniform(c.subList(0, 4), c.get(4), c.get(5));
    }
  }

  /**
   * The result of stage {@code number} of the same kernel for this point of the kernel's space.
   * Only in kernels.
   */
  record Local(int number, DType dtype, List<Scalar> index) implements Scalar {
    public Local {
      index = List.copyOf(index);
    }

    @Override
    public List<Scalar> children() {
      return index;
    }

    @Override
    public Scalar withChildren(List<Scalar> c) {
      return new Local(number, dtype, c);
    }
  }

  // Shorthands that keep meanings readable.

  static Scalar f32(double v) {
    return new Literal(DType.F32, (float) v);
  }

  static Scalar i32(long v) {
    return new Literal(DType.I32, v);
  }

  static Scalar of(Axis axis) {
    return new AxisIndex(axis);
  }

  static Scalar apply(Function f, Scalar... operands) {
    DType t =
        switch (f) {
          case LT, LE, EQ, NE, AND, OR, NOT, TO_BOOL -> DType.BOOL;
          case SELECT -> operands[1].dtype();
          case TO_F32 -> DType.F32;
          case TO_F64 -> DType.F64;
          case TO_I32 -> DType.I32;
          case TO_I8 -> DType.I8;
          case TO_BF16 -> DType.BF16;
          case TO_F16 -> DType.F16;
          default -> operands[0].dtype();
        };
    return new Apply(f, t, List.of(operands));
  }

  default Scalar plus(Scalar o) {
    return apply(Function.ADD, this, o);
  }

  default Scalar minus(Scalar o) {
    return apply(Function.SUB, this, o);
  }

  default Scalar times(Scalar o) {
    return apply(Function.MUL, this, o);
  }

  default Scalar over(Scalar o) {
    return apply(Function.DIV, this, o);
  }

  /** This index, which is a fault where it is not from 0 to below an extent. */
  default Scalar checked(int extent) {
    return apply(Function.CHECK_INDEX, this, i32(extent));
  }
}
