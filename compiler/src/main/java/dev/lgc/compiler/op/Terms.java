package dev.lgc.compiler.op;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Adds nodes to a graph under construction; how gradients and decompositions are written. Values
 * are node numbers.
 */
public interface Terms {
  /** No value. */
  int NONE = -1;

  /** Adds a node (or returns an equal earlier one). */
  int add(Op op, int... operands);

  TensorType type(int value);

  // Shorthands. Elementwise operands have equal shapes; only the two-operand arithmetic ones below
  // broadcast nothing.

  default int plus(int a, int b) {
    return add(new Add(), a, b);
  }

  default int sub(int a, int b) {
    return add(new Sub(), a, b);
  }

  default int mul(int a, int b) {
    return add(new Mul(), a, b);
  }

  default int div(int a, int b) {
    return add(new Div(), a, b);
  }

  default int pow(int a, int b) {
    return add(new Pow(), a, b);
  }

  default int neg(int a) {
    return add(new Neg(), a);
  }

  default int exp(int a) {
    return add(new Exp(), a);
  }

  default int log(int a) {
    return add(new Log(), a);
  }

  default int sqrt(int a) {
    return add(new Sqrt(), a);
  }

  default int less(int a, int b) {
    return add(new Less(), a, b);
  }

  default int lessEqual(int a, int b) {
    return add(new LessEqual(), a, b);
  }

  default int equal(int a, int b) {
    return add(new Equal(), a, b);
  }

  default int maximum(int a, int b) {
    return add(new Maximum(), a, b);
  }

  default int minimum(int a, int b) {
    return add(new Minimum(), a, b);
  }

  default int where(int condition, int a, int b) {
    return add(new Where(), condition, a, b);
  }

  default int cast(int a, DType dtype) {
    return type(a).dtype() == dtype ? a : add(new Cast(dtype), a);
  }

  /** A constant of a type. */
  default int fill(double value, TensorType type) {
    return add(new Fill(value, type));
  }

  /** {@code a} times a constant. */
  default int scale(int a, double factor) {
    return mul(a, fill(factor, type(a)));
  }

  /** {@code a} plus a constant. */
  default int shift(int a, double summand) {
    return plus(a, fill(summand, type(a)));
  }

  default int reshape(int a, Shape shape) {
    return type(a).shape().equals(shape) ? a : add(new Reshape(shape), a);
  }

  default int reshape(int a, int... dims) {
    return reshape(a, Shape.of(dims));
  }

  default int transpose(int a, Integer... permutation) {
    return add(new Transpose(List.of(permutation)), a);
  }

  /** From size-1 and missing leading dimensions. */
  default int broadcast(int a, Shape shape) {
    return type(a).shape().equals(shape) ? a : add(new Broadcast(shape), a);
  }

  default int slice(int a, int axis, int start, int stop) {
    return start == 0 && stop == type(a).shape().dim(axis)
        ? a
        : add(new Slice(axis, start, stop), a);
  }

  default int concat(int axis, int... parts) {
    return parts.length == 1 ? parts[0] : add(new Concat(axis, parts.length), parts);
  }

  /** Reduces axes away. */
  default int reduce(Reducer reducer, int a, List<Integer> axes) {
    return axes.isEmpty() ? a : add(new Reduce(reducer, axes), a);
  }

  default int sum(int a, List<Integer> axes) {
    return reduce(Reducer.SUM, a, axes);
  }

  /** Sum of everything, a scalar. */
  default int sum(int a) {
    return sum(a, IntStream.range(0, type(a).shape().rank()).boxed().toList());
  }

  /** Undoes a reduction of {@code axes} in shape: repeats {@code a} along them. */
  default int unreduce(int a, List<Integer> axes, Shape full) {
    List<Integer> kept = new ArrayList<>(full.dims());
    axes.forEach(i -> kept.set(i, 1));
    return broadcast(reshape(a, new Shape(kept)), full);
  }

  default int contract(String spec, int a, int b) {
    return add(new Contract(spec), a, b);
  }

  /** Each element its position on {@code axis} of a shape. */
  default int iota(int axis, Shape shape) {
    return add(new Iota(axis, new TensorType(DType.I32, shape)));
  }
}
