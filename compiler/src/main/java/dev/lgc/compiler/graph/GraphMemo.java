package dev.lgc.compiler.graph;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Values that are computed once for each graph: that graph, not one that is equal. Safe for use by
 * several threads; of those that want the same value one computes it and the others wait for it.
 *
 * @param <V> the values; not null
 */
public final class GraphMemo<V> {
  private final Map<Key, Memo<V>> values = new ConcurrentHashMap<>();

  /** The value of a graph, computed if it was not before. */
  public V get(Graph graph, Supplier<V> compute) {
    return values.computeIfAbsent(new Key(graph), k -> new Memo<>()).get(compute);
  }

  private record Key(Graph graph) {
    @Override
    @SuppressWarnings("ReferenceEquality") // comparing large graphs would take as long as computing
    public boolean equals(Object o) {
      return o instanceof Key other && graph == other.graph;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(graph);
    }
  }
}
