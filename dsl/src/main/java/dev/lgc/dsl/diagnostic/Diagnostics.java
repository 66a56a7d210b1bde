package dev.lgc.dsl.diagnostic;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects mistakes. A mistake in a block shows once, however many instances of the block have it.
 */
public final class Diagnostics {
  private record Key(Code code, String source, int start, int end) {}

  private final Map<Key, Diagnostic> found = new LinkedHashMap<>();

  /** Adds one, unless the same code was reported at the same place. */
  public void add(Diagnostic d) {
    found.putIfAbsent(
        new Key(d.code(), d.span().source().name(), d.span().start(), d.span().end()), d);
  }

  /** Adds all. */
  public void addAll(Collection<Diagnostic> all) {
    all.forEach(this::add);
  }

  public boolean isEmpty() {
    return found.isEmpty();
  }

  public int size() {
    return found.size();
  }

  /** All mistakes, each source's in its order, sources in the order they were first reported. */
  public List<Diagnostic> all() {
    Map<String, Integer> order = new LinkedHashMap<>();
    found.keySet().forEach(k -> order.putIfAbsent(k.source(), order.size()));
    return found.values().stream()
        .sorted(
            Comparator.comparingInt((Diagnostic d) -> order.get(d.span().source().name()))
                .thenComparingInt(d -> d.span().start()))
        .toList();
  }
}
