package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds stages that are the same but for which axes and locals they are written with: one method
 * computes all of them, and is compiled once. A search by halves for the k-th largest of many
 * numbers is dozens of them, each with another threshold.
 */
final class StageDeduplicator {
  private final Expressions terms = new Expressions();
  private final Map<Scalar, Integer> numbers = new IdentityHashMap<>();
  private final Map<Likeness, Integer> first = new HashMap<>();

  /**
   * The properties that alike stages have in common. Expressions count by their numbers.
   *
   * @param lanes the place among all axes of the one that vectors run along; -1 for none
   * @param bounded the place of the one with a bound; -1 for none
   * @param end of that bound; -1 for none
   */
  private record Likeness(
      Result result,
      List<Integer> extents,
      int reduced,
      Reducer reducer,
      int value,
      int lanes,
      int bounded,
      int end) {}

  /** The result's target: a local of a type, an array, or an element of a buffer. */
  private sealed interface Result {
    record Local(DType dtype) implements Result {}

    record Scratch(Stage.Target.Scratch array) implements Result {}

    record Store(int buffer, int index) implements Result {}
  }

  /**
   * The number of the first stage like this one: its own, if there was none before.
   *
   * @param locals those that it reads, in the order in which its method takes them
   * @param lanes the axis that vectors run along, or null
   */
  int firstLike(int number, Stage s, List<Integer> locals, Axis lanes) {
    List<Axis> axes = new ArrayList<>(s.axes());
    axes.addAll(s.reduction());
    Optional<Stage.Bound> bound = s.bound();
    Result result =
        switch (s.target()) {
          case Stage.Target.Local t -> new Result.Local(t.dtype());
          case Stage.Target.Scratch t -> new Result.Scratch(t);
          case Stage.Target.Store t -> new Result.Store(t.buffer(), id(t.index(), axes, locals));
        };
    Likeness likeness =
        new Likeness(
            result,
            axes.stream().map(Axis::extent).toList(),
            s.reduction().size(),
            s.reducer(),
            id(s.value(), axes, locals),
            axes.indexOf(lanes),
            bound.map(b -> axes.indexOf(b.axis())).orElse(-1),
            bound.map(b -> id(b.end(), axes, locals)).orElse(-1));
    return first.computeIfAbsent(likeness, _ -> number);
  }

  /** A number of an expression that others have which only differ in axes and locals. */
  private int id(Scalar s, List<Axis> axes, List<Integer> locals) {
    Scalar general = Expressions.mapped(s, t -> general(t, axes, locals));
    return numbers.computeIfAbsent(terms.unique(general), _ -> numbers.size());
  }

  /** An axis or a local by its place: no kernel has numbers below 0. */
  private static Scalar general(Scalar s, List<Axis> axes, List<Integer> locals) {
    return switch (s) {
      case Scalar.AxisIndex(Axis a) when axes.contains(a) ->
          Scalar.of(new Axis(-1 - axes.indexOf(a), a.extent()));
      case Scalar.Local l when locals.contains(l.number()) ->
          new Scalar.Local(-1 - locals.indexOf(l.number()), l.dtype(), l.index());
      case Scalar other -> other;
    };
  }
}
