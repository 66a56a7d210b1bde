package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The comparisons in a kernel's masks: of its axes with integers from memory that are the same for
 * the whole kernel. {@code j <= n[0]} is false from the end {@code n[0] + 1} on.
 */
final class MaskComparisons {
  private final Kernel kernel;

  /** Locals that are no reductions, by what they are. */
  private final Map<Integer, Scalar> locals = new HashMap<>();

  MaskComparisons(Kernel kernel) {
    this.kernel = kernel;
    for (Stage s : kernel.stages()) {
      if (s.target() instanceof Stage.Target.Local t && s.reducer() == Reducer.NONE) {
        locals.put(t.number(), s.value());
      }
    }
  }

  /**
   * A comparison of an axis with a number.
   *
   * @param from the first position at which, and after which, the outcome is the same
   * @param then the outcome
   */
  record Comparison(Affine from, boolean then) {
    /** Returns true if the outcome is known from an end on. */
    boolean decidedFrom(Affine end) {
      return end.rest().equals(from.rest()) && end.constant() >= from.constant();
    }
  }

  /** The ends that a kernel's comparisons speak of, in order of appearance. */
  List<Affine> all() {
    Set<Affine> found = new LinkedHashSet<>();
    Set<Scalar> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Stage s : kernel.stages()) {
      List<Axis> loops = new ArrayList<>(s.axes());
      loops.addAll(s.reduction());
      collect(s.value(), loops, seen, found);
    }
    return List.copyOf(found);
  }

  private void collect(Scalar s, List<Axis> loops, Set<Scalar> seen, Set<Affine> found) {
    if (!seen.add(s)) {
      return;
    }
    if (s instanceof Scalar.Apply a) {
      switch (a.function()) {
        case LT, LE, EQ, NE ->
            loops.forEach(x -> comparison(a, x).ifPresent(c -> found.add(c.from())));
        default -> {}
      }
    }
    s.children().forEach(c -> collect(c, loops, seen, found));
  }

  /** A comparison as one of an axis with an end, if it is with a number that memory holds. */
  Optional<Comparison> comparison(Scalar.Apply a, Axis axis) {
    Scalar left = a.operands().get(0);
    Scalar right = a.operands().get(1);
    if (left.dtype() != DType.I32
        || !(Expressions.isDynamic(left) || Expressions.isDynamic(right))) {
      return Optional.empty();
    }
    // At least 0 where the left is not above the right.
    Affine room = Affine.of(inlined(right).minus(inlined(left)));
    long stride = room.stride(axis);
    if (room.strides().size() != 1
        || Math.abs(stride) != 1
        || room.rest().isEmpty()
        || !room.rest().stream().allMatch(p -> isUniform(p.term()))) {
      return Optional.empty();
    }
    boolean below = stride < 0;
    return Optional.of(
        switch (a.function()) {
          case LE -> new Comparison(place(room, below, below ? 1 : 0), !below);
          case LT -> new Comparison(place(room, below, below ? 0 : 1), !below);
          case EQ -> new Comparison(place(room, below, 1), false);
          case NE -> new Comparison(place(room, below, 1), true);
          default -> throw new IllegalArgumentException(a.toString());
        });
  }

  /**
   * The position at which there is no room, and some more.
   *
   * @param below whether room is what the axis is below a place by, and not beyond it
   */
  private static Affine place(Affine room, boolean below, int more) {
    int sign = below ? 1 : -1;
    return new Affine(
        sign * room.constant() + more,
        Map.of(),
        room.rest().stream().map(p -> new Affine.Part(sign * p.factor(), p.term())).toList());
  }

  /** An end as an expression. */
  static Scalar scalar(Affine end) {
    Scalar sum = term(end.rest().getFirst());
    for (Affine.Part p : end.rest().subList(1, end.rest().size())) {
      sum = sum.plus(term(p));
    }
    return end.constant() == 0 ? sum : sum.plus(Scalar.i32(end.constant()));
  }

  private static Scalar term(Affine.Part p) {
    return p.factor() == 1 ? p.term() : p.term().times(Scalar.i32(p.factor()));
  }

  /** Returns true for what is the same for the whole kernel, and read from memory. */
  private boolean isUniform(Scalar s) {
    return Expressions.isDynamic(s)
        && Expressions.isUniform(s, i -> kernel.buffers().get(i).access() == Buffer.Access.READ);
  }

  private Scalar inlined(Scalar s) {
    if (s instanceof Scalar.Local l && locals.containsKey(l.number())) {
      return inlined(locals.get(l.number()));
    }
    return s.children().isEmpty()
        ? s
        : s.withChildren(s.children().stream().map(this::inlined).toList());
  }

  /** An expression with others in place of axes. */
  static Scalar replaced(Scalar s, Map<Axis, Scalar> to) {
    if (s instanceof Scalar.AxisIndex(Axis a)) {
      return to.getOrDefault(a, s);
    }
    return s.children().isEmpty()
        ? s
        : s.withChildren(s.children().stream().map(c -> replaced(c, to)).toList());
  }
}
