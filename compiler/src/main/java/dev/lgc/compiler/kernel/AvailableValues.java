package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Scalar;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The values that emitted code has computed so far and can use again, of unique expressions ({@link
 * Expressions}), by the scopes in which they are available.
 *
 * @param <V> the place where a value is kept
 */
public final class AvailableValues<V> {
  private final Deque<Map<Scalar, V>> scopes = new ArrayDeque<>();

  /** Begins a scope inside the current one. */
  public void open() {
    scopes.push(new IdentityHashMap<>());
  }

  /** Ends the current scope, and forgets what was computed in it. */
  public void close() {
    scopes.pop();
  }

  /** The value of an expression, or null if it has none here. */
  public V get(Scalar s) {
    for (Map<Scalar, V> scope : scopes) {
      V v = scope.get(s);
      if (v != null) {
        return v;
      }
    }
    return null;
  }

  /** Keeps a value for the rest of the current scope. */
  public void put(Scalar s, V value) {
    scopes.element().put(s, value);
  }
}
