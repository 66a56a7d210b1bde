package dev.lgc.compiler.algorithm;

import java.util.List;

/**
 * The meaning of each element of a result: {@code out[space] = reducer over reduction of value}.
 *
 * @param space one axis per result dimension, in order (extents equal the result's shape)
 * @param reduction axes reduced, in the order in which a scalar evaluation visits them (last
 *     fastest)
 * @param reducer NONE exactly when {@code reduction} is empty
 * @param value over the axes of both
 */
public record Algorithm(List<Axis> space, List<Axis> reduction, Reducer reducer, Scalar value) {
  public Algorithm {
    space = List.copyOf(space);
    reduction = List.copyOf(reduction);
    if (reduction.isEmpty() != (reducer == Reducer.NONE)) {
      throw new IllegalArgumentException("reducer " + reducer + " over " + reduction);
    }
  }

  public static Algorithm map(List<Axis> space, Scalar value) {
    return new Algorithm(space, List.of(), Reducer.NONE, value);
  }

  /** Fresh axes 0 … n-1 for a shape. A size-0 extent is not allowed. */
  public static List<Axis> axes(List<Integer> extents) {
    return java.util.stream.IntStream.range(0, extents.size())
        .mapToObj(i -> new Axis(i, extents.get(i)))
        .toList();
  }
}
