package dev.lgc.runtime.train;

import java.util.stream.IntStream;

/** Indices that are evenly spread. */
final class EvenIndices {
  private EvenIndices() {}

  /** {@code count} numbers below {@code size}: evenly spread, or all in turn. */
  static int[] of(int count, int size) {
    return IntStream.range(0, count)
        .map(i -> count < size ? (int) ((long) i * size / count) : i % size)
        .toArray();
  }
}
