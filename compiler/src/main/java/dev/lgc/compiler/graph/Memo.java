package dev.lgc.compiler.graph;

import java.util.function.Supplier;

/**
 * A value that is computed when it is first asked for. Safe for use by several threads: one
 * computes it and the others wait for that one only.
 *
 * @param <V> what is computed; not null
 */
public final class Memo<V> {
  private V value;

  /** The value, computed if it was not before. */
  public synchronized V get(Supplier<V> compute) {
    if (value == null) {
      value = compute.get();
    }
    return value;
  }
}
