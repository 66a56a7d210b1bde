package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/**
 * Expressions of one kernel, made unique: equal expressions are the same object, so that identity
 * tells what has been computed already.
 */
public final class Expressions {
  private final Map<Scalar, Scalar> seen = new IdentityHashMap<>();
  private final Map<Key, Scalar> unique = new HashMap<>();
  private final Map<Scalar, Set<Axis>> axes = new IdentityHashMap<>();
  private final Map<Scalar, Set<Integer>> locals = new IdentityHashMap<>();

  /** The identity of an expression, given its unique children. */
  private record Key(Object head, List<Same> children) {}

  /** Equality by identity. */
  private record Same(Scalar term) {
    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object o) {
      return o instanceof Same(Scalar t) && t == term;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(term);
    }
  }

  /** The unique expression equal to {@code s}. */
  public Scalar unique(Scalar s) {
    Scalar known = seen.get(s);
    if (known != null) {
      return known;
    }
    List<Scalar> children = s.children().stream().map(this::unique).toList();
    Key key = new Key(head(s), children.stream().map(Same::new).toList());
    Scalar u = unique.computeIfAbsent(key, k -> children.isEmpty() ? s : s.withChildren(children));
    seen.put(s, u);
    seen.put(u, u);
    return u;
  }

  private static Object head(Scalar s) {
    return switch (s) {
      case Scalar.Literal l -> l;
      case Scalar.AxisIndex a -> a;
      case Scalar.Load l ->
          List.of("load", l.operand(), l.dtype(), l.guard().isPresent(), l.otherwise());
      case Scalar.Apply a -> List.of(a.function(), a.dtype());
      case Scalar.Uniform u -> List.of("uniform");
      case Scalar.Local l -> List.of("local", l.number(), l.dtype());
    };
  }

  /** The axes a unique expression depends on, not counting through locals. */
  public Set<Axis> axes(Scalar s) {
    Set<Axis> known = axes.get(s);
    if (known == null) {
      known = new HashSet<>();
      if (s instanceof Scalar.AxisIndex(Axis a)) {
        known.add(a);
      }
      for (Scalar c : s.children()) {
        known.addAll(axes(c));
      }
      axes.put(s, known);
    }
    return known;
  }

  /** The locals (and scratch arrays) a unique expression reads. */
  public Set<Integer> locals(Scalar s) {
    Set<Integer> known = locals.get(s);
    if (known == null) {
      known = new HashSet<>();
      if (s instanceof Scalar.Local l) {
        known.add(l.number());
      }
      for (Scalar c : s.children()) {
        known.addAll(locals(c));
      }
      locals.put(s, known);
    }
    return known;
  }

  /** Returns true if an expression mentions an axis. */
  public static boolean uses(Scalar s, Axis axis) {
    return s instanceof Scalar.AxisIndex(Axis a)
        ? a.equals(axis)
        : s.children().stream().anyMatch(c -> uses(c, axis));
  }

  /**
   * Returns true if an expression may depend on data: it reads memory, or a local that may have.
   */
  public static boolean isDynamic(Scalar s) {
    return s instanceof Scalar.Load
        || s instanceof Scalar.Local
        || s.children().stream().anyMatch(Expressions::isDynamic);
  }

  /** The linear index of an element of a dense array. */
  public static Scalar linear(List<Scalar> index, List<Integer> extents) {
    Scalar at = Scalar.i32(0);
    for (int i = 0; i < extents.size(); i++) {
      at = i == 0 ? index.get(0) : at.times(Scalar.i32(extents.get(i))).plus(index.get(i));
    }
    return at;
  }

  /**
   * Returns true if computing an expression earlier gives the same: it reads neither scratch, nor
   * what the kernel writes, nor locals that have no value yet.
   *
   * @param hasValue whether a local has one
   */
  public static boolean isStable(Scalar s, Kernel kernel, IntPredicate hasValue) {
    return switch (s) {
      case Scalar.Load l when kernel.buffers().get(l.operand()).access() != Buffer.Access.READ ->
          false;
      case Scalar.Local l when !l.index().isEmpty() -> false;
      case Scalar.Local l -> hasValue.test(l.number());
      case Scalar _ -> s.children().stream().allMatch(c -> isStable(c, kernel, hasValue));
    };
  }

  /**
   * Returns true if an expression is the same for a whole kernel: without axes, locals and random
   * numbers, over buffers that the kernel only reads.
   *
   * @param isRead whether it only reads a buffer
   */
  public static boolean isUniform(Scalar s, IntPredicate isRead) {
    boolean stays =
        switch (s) {
          case Scalar.AxisIndex _, Scalar.Local _, Scalar.Uniform _ -> false;
          case Scalar.Literal _, Scalar.Apply _ -> true;
          case Scalar.Load l -> isRead.test(l.operand());
        };
    return stays && s.children().stream().allMatch(c -> isUniform(c, isRead));
  }

  /** An expression at a position of an axis that is so much further. */
  public static Scalar shifted(Scalar s, Axis axis, int by) {
    return mapped(
        s,
        t -> t instanceof Scalar.AxisIndex(Axis a) && a.equals(axis) ? t.plus(Scalar.i32(by)) : t);
  }

  /** An expression with what {@code other} says in the place of each term, innermost first. */
  public static Scalar mapped(Scalar s, UnaryOperator<Scalar> other) {
    return mapped(s, other, new IdentityHashMap<>());
  }

  private static Scalar mapped(Scalar s, UnaryOperator<Scalar> other, Map<Scalar, Scalar> done) {
    Scalar known = done.get(s);
    if (known == null) {
      List<Scalar> children = s.children().stream().map(c -> mapped(c, other, done)).toList();
      known = other.apply(children.isEmpty() ? s : s.withChildren(children));
      done.put(s, known);
    }
    return known;
  }

  /** The extents that a kernel checks indices against, in ascending order. */
  public static Set<Integer> checkedExtents(Kernel kernel) {
    Set<Integer> extents = new TreeSet<>();
    Set<Scalar> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Stage s : kernel.stages()) {
      checkedExtents(s.value(), seen, extents);
      if (s.target() instanceof Stage.Target.Store t) {
        checkedExtents(t.index(), seen, extents);
      }
    }
    return extents;
  }

  /** Returns true if an expression checks an index against an extent. */
  public static boolean isChecked(Scalar s, int extent) {
    Set<Integer> extents = new TreeSet<>();
    checkedExtents(s, Collections.newSetFromMap(new IdentityHashMap<>()), extents);
    return extents.contains(extent);
  }

  private static void checkedExtents(Scalar s, Set<Scalar> seen, Set<Integer> extents) {
    if (!seen.add(s)) {
      return;
    }
    if (s instanceof Scalar.Apply(Function f, _, List<Scalar> x) && f == Function.CHECK_INDEX) {
      extents.add((int) ((Scalar.Literal) x.get(1)).value());
    }
    s.children().forEach(c -> checkedExtents(c, seen, extents));
  }

  /** All loads of an expression, each once. */
  public static List<Scalar.Load> loadsOf(Scalar s) {
    Map<Scalar, Boolean> done = new IdentityHashMap<>();
    List<Scalar.Load> found = new ArrayList<>();
    collect(s, done, found);
    return found;
  }

  private static void collect(Scalar s, Map<Scalar, Boolean> done, List<Scalar.Load> found) {
    if (done.put(s, true) != null) {
      return;
    }
    if (s instanceof Scalar.Load l) {
      found.add(l);
    }
    s.children().forEach(c -> collect(c, done, found));
  }
}
