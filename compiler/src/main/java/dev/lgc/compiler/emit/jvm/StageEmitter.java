package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The loops of one stage, inside of whatever point or vector of points of the space is being
 * computed.
 */
final class StageEmitter {
  /** Partial results of a sum whose lanes are positions of the reduction. */
  private static final int PARTS = 4;

  private final Evaluator values;
  private final Code code;
  private final LaneLoops loops;
  private final int width;

  // Of the stage that is emitted.

  private Stage stage;

  /** The axis that vectors run along, or null. */
  private Axis lanes;

  /** Of the positions to sum over, or null for all. */
  private ListLoops.Lists lists;

  /** What is computed side by side, or null. */
  private Beside beside;

  /** Where the bounded loop ends, or null. */
  private End end;

  /** Its value, once known, when the target is a local. */
  private Value local;

  StageEmitter(Evaluator values, int width) {
    this.values = values;
    this.code = values.code;
    this.loops = new LaneLoops(values, width);
    this.width = width;
  }

  /**
   * Where a loop with a bound ends.
   *
   * @param position a variable: the first position that is not visited
   */
  private record End(Axis axis, Code.Var position) {}

  private End end(Stage.Bound b) {
    values.push(values.value(values.terms.unique(b.end())));
    code.b.loadConstant(b.axis().extent());
    code.b.invokestatic(Names.SUPPORT, "end", MethodTypeDesc.of(CD_int, CD_int, CD_int));
    return new End(b.axis(), code.save("end", Form.INDEX));
  }

  /** The end of an axis's loop as a variable; null if that is its extent. */
  private Code.Var end(Axis axis) {
    return end != null && end.axis.equals(axis) ? end.position : null;
  }

  /**
   * A value of the stage.
   *
   * @param place where it is stored; null for a local
   */
  private record Result(Scalar value, Addresses.Place place) {}

  /**
   * Emits a stage.
   *
   * @param lanes one of its axes or reduction axes that vectors run along, or null
   * @param lists of the positions to sum over, or null for all
   * @return the value, when the target is a local
   */
  Value emit(Stage stage, Axis lanes, ListLoops.Lists lists) {
    this.stage = stage;
    this.lanes = lanes;
    this.lists = lists;
    local = null;
    end = stage.bound().map(this::end).orElse(null);
    beside = lists == null ? Beside.of(stage, lanes, width).orElse(null) : null;
    Result one = result(lists == null ? stage.value() : lists.matches().value(), 0);
    List<Result> several = beside == null ? List.of(one) : several();
    List<Axis> outer = new ArrayList<>(stage.axes());
    boolean along = outer.remove(lanes);
    Runnable single = () -> element(List.of(one));
    Runnable together = () -> element(several);
    Runnable body;
    if (along) {
      body =
          () -> {
            prepare(several);
            if (beside == null) {
              loops.each(lanes, end(lanes), 1, _ -> single.run());
            } else {
              loops.together(lanes, beside.count(), together, single);
            }
          };
    } else if (beside != null) {
      outer.remove(beside.axis());
      body = () -> neighbours(several, together, single);
    } else {
      body = single;
    }
    serial(outer, several, body);
    return local;
  }

  private Result result(Scalar value, int distance) {
    return new Result(values.terms.unique(value), place(distance));
  }

  private List<Result> several() {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < beside.count(); i++) {
      int distance = i * beside.distance();
      results.add(result(Expressions.shifted(stage.value(), beside.axis(), distance), distance));
    }
    return results;
  }

  /**
   * Emits a stage after those before it; a local's value is bound.
   *
   * @param alone whether to share nothing with other stages: they may have changed what was loaded
   */
  void emitInline(Stage stage, ListLoops.Lists lists, boolean alone) {
    if (alone) {
      values.open();
    }
    Value v = emit(stage, null, lists);
    if (alone) {
      if (v instanceof Value.Held) {
        values.push(v);
      }
      values.close();
      if (v instanceof Value.Held) {
        v = values.held("local", v.form());
      }
    }
    if (stage.target() instanceof Stage.Target.Local t) {
      values.bindLocal(t.number(), v);
    }
  }

  /** Where the stage's target is, so many positions further along what is computed side by side. */
  private Addresses.Place place(int distance) {
    UnaryOperator<Scalar> at =
        s -> distance == 0 ? s : Expressions.shifted(s, beside.axis(), distance);
    return switch (stage.target()) {
      case Stage.Target.Local _ -> null;
      case Stage.Target.Scratch t ->
          values.addresses.scratch(t, stage.axes().stream().map(Scalar::of).map(at).toList());
      case Stage.Target.Store(int buffer, Scalar index) ->
          values.addresses.buffer(buffer, values.terms.unique(at.apply(index)));
    };
  }

  private DType type(Stage.Target target) {
    return switch (target) {
      case Stage.Target.Local t -> t.dtype();
      case Stage.Target.Scratch t -> t.dtype();
      case Stage.Target.Store t -> values.kernel.buffers().get(t.buffer()).dtype();
    };
  }

  /** Elements side by side, whose vectors run along the reduction; then those that are left. */
  private void neighbours(List<Result> all, Runnable together, Runnable single) {
    Axis axis = beside.axis();
    Code.Var to = end(axis);
    int count = beside.count();
    int rounds = axis.extent() / count * count;
    Code.Var whole = to == null ? null : code.multiple(to, count);
    prepare(all);
    counted(axis, code.b::iconst_0, whole, rounds, count, together);
    if (to != null || rounds < axis.extent()) {
      Runnable from = to == null ? () -> code.b.loadConstant(rounds) : () -> code.push(whole);
      counted(axis, from, to, axis.extent(), 1, single);
    }
  }

  /** One value at the current position, or several side by side. */
  private void element(List<Result> results) {
    if (stage.reducer() == Reducer.NONE) {
      Result r = results.getFirst();
      take(r, values.value(r.value));
      return;
    }
    boolean across = lanes != null && stage.reduction().contains(lanes);
    boolean positional = stage.reducer() == Reducer.ARGMAX || stage.reducer() == Reducer.ARGMIN;
    // An element has the same bits alone and beside others: it adds up in one vector.
    int parts = across && !positional && beside == null ? parts(lanes) : 1;
    List<Accumulator> sums = new ArrayList<>();
    List<Scalar> roots = new ArrayList<>();
    for (Result r : results) {
      boolean vector = across || values.varies(r.value);
      sums.add(new Accumulator(values, stage, r.value, vector, parts));
      roots.addAll(sums.getLast().roots());
    }
    LaneLoops.VectorBody add = part -> sums.forEach(s -> s.add(part));
    Runnable prepare = () -> roots.forEach(values::prepare);
    if (lists != null) {
      prepare.run();
      new ListLoops(values, lists).over(stage.reduction(), () -> add.emit(0));
    } else {
      List<Axis> outer = new ArrayList<>(stage.reduction());
      outer.remove(lanes);
      Runnable body =
          () -> {
            prepare.run();
            loops.each(lanes, end(lanes), parts, add);
          };
      serial(outer, prepare, across ? body : () -> add.emit(0));
    }
    if (across && results.size() > 1) {
      store(results.getFirst(), sums);
      return;
    }
    for (int i = 0; i < results.size(); i++) {
      take(results.get(i), sums.get(i).finish(across, width));
    }
  }

  /** Stores what the lanes of each sum give, as neighbours from a place on. */
  private void store(Result first, List<Accumulator> sums) {
    Addresses.Place place = first.place;
    Code.Var at = values.addresses.compute(place);
    values.addresses.check(place, at, 0, sums.size() - 1L);
    LaneTree tree = new LaneTree(values, width, sums.getFirst().function(), DType.F32);
    Code.Var mask = LaneLoops.mask(code, sums.size(), width);
    tree.pushElements(sums.stream().map(Accumulator::joined).toList());
    Code.Var joined = code.save("joined", Form.lanes(DType.F32));
    values
        .memory()
        .storeLanes(DType.F32, width, () -> code.push(at), () -> code.push(joined), mask);
  }

  private int parts(Axis lanes) {
    int vectors = lanes.extent() / width;
    return vectors >= 2 * PARTS ? PARTS : vectors >= 4 ? 2 : 1;
  }

  private void prepare(List<Result> results) {
    for (Result r : results) {
      values.prepare(r.value);
      if (r.place != null) {
        values.addresses.prepare(r.place, false);
      }
    }
  }

  private void serial(List<Axis> axes, List<Result> results, Runnable body) {
    serial(axes, () -> prepare(results), body);
  }

  /**
   * @param prepare computes ahead of a loop what does not depend on it
   */
  private void serial(List<Axis> axes, Runnable prepare, Runnable body) {
    if (axes.isEmpty()) {
      body.run();
      return;
    }
    Axis axis = axes.getFirst();
    prepare.run();
    counted(
        axis,
        code.b::iconst_0,
        end(axis),
        axis.extent(),
        1,
        () -> serial(axes.subList(1, axes.size()), prepare, body));
  }

  private void counted(Axis axis, Runnable from, Code.Var to, int limit, int step, Runnable body) {
    code.loop(
        "i" + axis.number(),
        from,
        to,
        limit,
        step,
        i -> {
          values.open();
          values.bind(axis, i);
          body.run();
          values.unbind(axis);
          values.close();
        });
  }

  private void take(Result r, Value v) {
    if (r.place == null) {
      local = v;
    } else {
      store(r.place, type(stage.target()), v);
    }
  }

  private void store(Addresses.Place place, DType type, Value v) {
    if (values.lane() != null) {
      values.storeLanes(place, type, v);
      return;
    }
    Code.Var at = values.addresses.compute(place);
    values.addresses.check(place, at, null);
    values.memory().store(type, () -> code.push(at), values.pusher(v));
  }
}
