package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.AvailableValues;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The environment of the instruction that is written next: the positions that axes are bound to,
 * the values of locals, the vector whose lanes are computed, and the values that have been
 * computed, each until its scope ends.
 */
final class Environment {
  private final KernelMethod method;
  private final Map<Axis, MethodCode.Var> positions = new HashMap<>();
  private final Map<Integer, Operand> locals = new HashMap<>();
  private final AvailableValues<Operand> computed = new AvailableValues<>();
  private final List<Table<?, ?>> tables = new ArrayList<>();
  private Lane lane;
  private LanePatterns patterns;

  /** Begins in the scope of the method itself. */
  Environment(KernelMethod method) {
    this.method = method;
    computed.open();
  }

  // Scopes.

  /** Begins a scope inside the current one. */
  void open() {
    computed.open();
    tables.forEach(Table::open);
    method.code.open();
  }

  /** Ends the current scope, and forgets what was computed in it. */
  void close() {
    method.code.close();
    tables.forEach(Table::close);
    computed.close();
  }

  /** A new table that follows the scopes from here on; made before any but the method's is open. */
  <K, V> Table<K, V> table() {
    Table<K, V> t = new Table<>();
    tables.add(t);
    return t;
  }

  /** A table in which an entry lasts as long as the scope in which it was made. */
  static final class Table<K, V> {
    private final Deque<Map<K, V>> scopes = new ArrayDeque<>();

    private Table() {
      open();
    }

    private void open() {
      scopes.push(new LinkedHashMap<>());
    }

    private void close() {
      scopes.pop();
    }

    /** The value of a key, or null. */
    V get(K key) {
      for (Map<K, V> scope : scopes) {
        V v = scope.get(key);
        if (v != null) {
          return v;
        }
      }
      return null;
    }

    void put(K key, V value) {
      scopes.element().put(key, value);
    }

    /** The keys, those of inner scopes first. */
    List<K> keys() {
      return scopes.stream().flatMap(scope -> scope.keySet().stream()).toList();
    }
  }

  // Axes and locals.

  void bind(Axis axis, MethodCode.Var position) {
    positions.put(axis, position);
  }

  void unbind(Axis axis) {
    positions.remove(axis);
  }

  boolean isBound(Axis axis) {
    return positions.containsKey(axis);
  }

  MethodCode.Var position(Axis axis) {
    MethodCode.Var v = positions.get(axis);
    if (v == null) {
      throw new IllegalStateException(
          "axis " + axis.number() + " in no loop of " + method.kernel.name());
    }
    return v;
  }

  void bindLocal(int number, Operand value) {
    locals.put(number, value);
  }

  boolean isBound(int local) {
    return locals.containsKey(local);
  }

  Operand local(int number) {
    return locals.get(number);
  }

  // Values.

  /** Returns true if an expression has been computed already. */
  boolean isKnown(Scalar s) {
    return s instanceof Scalar.Local l && l.index().isEmpty()
        ? isBound(l.number())
        : computed.get(s) != null;
  }

  /** The value that has been computed of a unique expression, or null. */
  Operand computed(Scalar s) {
    return computed.get(s);
  }

  /** Keeps the value of a unique expression for the rest of the current scope. */
  void keep(Scalar s, Operand value) {
    computed.put(s, value);
  }

  // Lanes.

  /** Begins a vector, whose axis is bound to its first position; null ends it. */
  void enter(Lane l) {
    if (patterns != null) {
      unbind(patterns.first());
    }
    lane = l;
    patterns =
        l == null ? null : new LanePatterns(method.terms, l.axis(), l.width(), n -> varies(n));
    if (l != null) {
      bind(patterns.first(), position(l.axis()));
    }
  }

  /** The current vector, or null. */
  Lane lane() {
    return lane;
  }

  /** The patterns in which expressions differ between the lanes of the current vector. */
  LanePatterns patterns() {
    return patterns;
  }

  /** Returns true if the lanes of the current vector may differ in an expression. */
  boolean varies(Scalar s) {
    return patterns != null && patterns.varies(s);
  }

  private boolean varies(int local) {
    Operand v = locals.get(local);
    return v == null ? method.scratch.perLane() : v.form().vector();
  }
}
