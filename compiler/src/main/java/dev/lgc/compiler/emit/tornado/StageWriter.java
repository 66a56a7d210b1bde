package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The part that all writers of stages have in common: targets of results, and reductions by one
 * work-item.
 */
final class StageWriter {
  private final ExpressionWriter values;
  private final DeviceCode code;

  /** The ends of loops with a dynamic bound. */
  private final Map<End, DeviceOperand> ends = new HashMap<>();

  private record End(Scalar end, int extent) {
    static End of(Stage.Bound b) {
      return new End(b.end(), b.axis().extent());
    }
  }

  StageWriter(ExpressionWriter values) {
    this.values = values;
    this.code = values.code;
  }

  /** Computes where the loops of some stages end, for all points: ahead of everything else. */
  void ends(List<Stage> stages) {
    stages.forEach(s -> s.bound().map(End::of).ifPresent(e -> ends.computeIfAbsent(e, this::end)));
  }

  private DeviceOperand end(End e) {
    DeviceOperand end = values.value(e.end);
    Functions f = values.functions();
    f.compare(Function.LT, DType.I32, code.b::iconst_0, values.pusher(end));
    f.compare(Function.LT, DType.I32, values.pusher(end), () -> code.b.loadConstant(e.extent));
    code.b.iand();
    DeviceOperand early = values.save("early", DType.I32);
    code.either(values.pusher(early), values.pusher(end), () -> code.b.loadConstant(e.extent));
    return values.save("end", DType.I32);
  }

  /** The number of positions of an axis that a stage visits. */
  private DeviceOperand visited(Stage s, Axis axis) {
    Optional<DeviceOperand> end = s.bound(axis).map(b -> ends.get(End.of(b)));
    return end.orElse(DeviceOperand.Constant.index(axis.extent()));
  }

  /** The number of positions of some of its axes that a stage visits. */
  DeviceOperand visited(Stage s, List<Axis> axes) {
    Optional<Axis> bounded = bounded(s, axes);
    int others = Math.toIntExact(Axis.positions(axes) / bounded.map(Axis::extent).orElse(1));
    if (bounded.isEmpty()) {
      return DeviceOperand.Constant.index(others);
    }
    DeviceOperand end = visited(s, bounded.get());
    if (others == 1) {
      return end;
    }
    values.push(end);
    code.b.loadConstant(others);
    code.b.imul();
    return values.save("visited", DType.I32);
  }

  /**
   * Binds some of a stage's axes to the digits of a position below {@link #visited}: the digit of
   * an axis with a bound is the first.
   */
  void bindDigits(Stage s, List<Axis> axes, DeviceOperand position) {
    List<Axis> order = new ArrayList<>(axes);
    bounded(s, axes)
        .ifPresent(
            a -> {
              order.remove(a);
              order.addFirst(a);
            });
    values.bindDigits(order, position);
  }

  private static Optional<Axis> bounded(Stage s, List<Axis> axes) {
    return s.bound().map(Stage.Bound::axis).filter(axes::contains);
  }

  /** The type of a stage's result. */
  DType type(Stage s) {
    return switch (s.target()) {
      case Stage.Target.Local t -> t.dtype();
      case Stage.Target.Scratch t -> t.dtype();
      case Stage.Target.Store t -> values.buffer(t.buffer()).dtype();
    };
  }

  /** Computes ahead of loops what a stage needs in all of them. */
  void prepare(Stage s) {
    values.prepare(s.value());
    if (s.target() instanceof Stage.Target.Store t) {
      values.prepare(t.index());
    }
  }

  /** Puts a result where a stage's target says; not for locals. */
  void store(Stage s, DeviceOperand result) {
    switch (s.target()) {
      case Stage.Target.Local _ -> throw new IllegalArgumentException(s.toString());
      case Stage.Target.Scratch t -> {
        DeviceOperand at = values.linear(s.axes().stream().map(Scalar::of).toList(), t.extents());
        values.scratch(t.number()).store(code, values.pusher(at), values.pusher(result));
      }
      case Stage.Target.Store t -> values.store(t, result);
    }
  }

  /** Nested loops over some axes. */
  void loops(List<Axis> axes, Stage s, Runnable body) {
    if (axes.isEmpty()) {
      body.run();
      return;
    }
    Axis axis = axes.getFirst();
    prepare(s);
    if (axis.extent() == 1) {
      values.bind(axis, DeviceOperand.Constant.index(0));
      loops(axes.subList(1, axes.size()), s, body);
    } else {
      code.loop(
          "i" + axis.number(),
          code.b::iconst_0,
          values.pusher(visited(s, axis)),
          1,
          i -> {
            values.open();
            values.bind(axis, new DeviceOperand.Variable(DType.I32, i));
            loops(axes.subList(1, axes.size()), s, body);
            values.close();
          });
    }
    values.unbind(axis);
  }

  /** A stage's value where all its axes are bound, reductions by this work-item alone. */
  DeviceOperand serial(Stage s) {
    if (s.reducer() == Reducer.NONE) {
      return values.value(s.value());
    }
    Partial p = begin(s);
    loops(s.reduction(), s, () -> p.add(position(s)));
    return rounded(s, p.result());
  }

  /** The result of a reduction as its stage's type has it. */
  DeviceOperand rounded(Stage s, DeviceOperand result) {
    DType type = s.value().dtype();
    if (s.reducer() != Reducer.SUM || !type.isFloat() || type == DType.F32) {
      return result;
    }
    values.push(result);
    values.functions().round(type);
    return values.save("rounded", type);
  }

  /** The linear position on a stage's reduction axes, if its reducer wants to know. */
  DeviceOperand position(Stage s) {
    return isPositional(s)
        ? values.linear(
            s.reduction().stream().map(Scalar::of).toList(),
            s.reduction().stream().map(Axis::extent).toList())
        : null;
  }

  /** The type that a stage's reduction is done in: sums are rounded at their end only. */
  static DType reduced(Stage s) {
    return s.value().dtype().isFloat() ? DType.F32 : DType.I32;
  }

  static boolean isPositional(Stage s) {
    return s.reducer() == Reducer.ARGMAX || s.reducer() == Reducer.ARGMIN;
  }

  /** Variables for a reduction, in the current scope. */
  Partial begin(Stage s) {
    return new Partial(s);
  }

  /** A reduction that has seen some positions. */
  final class Partial {
    private final Stage stage;
    private final DType type;
    private final DeviceOperand.Variable best;
    private final DeviceOperand.Variable at;

    private Partial(Stage stage) {
      this.stage = stage;
      this.type = reduced(stage);
      values.pushConstant(type, start());
      best = values.save("sum", type);
      if (isPositional(stage)) {
        values.pushConstant(DType.I32, Integer.MAX_VALUE);
        at = values.save("at", DType.I32);
      } else {
        at = null;
      }
    }

    private double start() {
      boolean floats = type.isFloat();
      return switch (stage.reducer()) {
        case SUM -> 0;
        case MAX, ARGMAX -> floats ? Double.NEGATIVE_INFINITY : Integer.MIN_VALUE;
        case MIN, ARGMIN -> floats ? Double.POSITIVE_INFINITY : Integer.MAX_VALUE;
        case NONE -> throw new IllegalStateException();
      };
    }

    /** The extreme or sum, and where the extreme is, or null. */
    DeviceOperand.Variable best() {
      return best;
    }

    DeviceOperand.Variable at() {
      return at;
    }

    /** The result of the stage. */
    DeviceOperand result() {
      return at == null ? best : at;
    }

    /** Adds the stage's value where its axes are bound. */
    void add(DeviceOperand position) {
      DeviceOperand v = values.value(stage.value());
      merge(v, position);
    }

    /** Adds a value, and the position it is from. */
    void merge(DeviceOperand v, DeviceOperand position) {
      Runnable mine = values.pusher(best);
      Runnable other = values.pusher(v);
      Functions f = values.functions();
      if (at == null) {
        Function g =
            switch (stage.reducer()) {
              case SUM -> Function.ADD;
              case MAX -> Function.MAX;
              case MIN -> Function.MIN;
              case NONE, ARGMAX, ARGMIN -> throw new IllegalStateException();
            };
        f.apply(g, type, type, Functions.Sign.ANY, List.of(mine, other));
        code.set(best.variable());
        return;
      }
      // Better, or as good and earlier.
      Runnable lower = stage.reducer() == Reducer.ARGMAX ? mine : other;
      Runnable higher = stage.reducer() == Reducer.ARGMAX ? other : mine;
      f.compare(Function.LT, type, lower, higher);
      f.compare(Function.EQ, type, mine, other);
      f.compare(Function.LT, DType.I32, values.pusher(position), values.pusher(at));
      code.b.iand();
      code.b.ior();
      DeviceOperand.Variable takes = values.save("takes", DType.I32);
      code.either(values.pusher(takes), other, mine);
      code.set(best.variable());
      code.either(values.pusher(takes), values.pusher(position), values.pusher(at));
      code.set(at.variable());
    }
  }
}
