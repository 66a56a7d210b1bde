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
 * The loops of one stage, at the point, or the vector of points, of the space that is being
 * computed.
 */
final class StageEmitter {
  /** Partial results of a sum whose lanes are positions of the reduction. */
  private static final int PARTS = 4;

  private final ExpressionEmitter values;
  private final KernelMethod method;
  private final Environment environment;
  private final Addresses addresses;
  private final BoundsChecks checks;
  private final MethodCode code;
  private final VectorLoops loops;
  private final int width;

  // Of the stage that is emitted.

  private Stage stage;

  /** The axis that vectors run along, or null. */
  private Axis lanes;

  /** The lists of the positions to sum over, or null for all. */
  private SegmentLoops.SegmentLists lists;

  /** The results that are computed side by side, or null. */
  private UnrollAndJam jam;

  /** The end of the loop with a dynamic bound, or null. */
  private End end;

  /** Its value, once known, when the target is a local. */
  private Operand local;

  StageEmitter(ExpressionEmitter values, int width) {
    this.values = values;
    this.method = values.method;
    this.environment = values.environment;
    this.addresses = values.addresses;
    this.checks = new BoundsChecks(method);
    this.code = method.code;
    this.loops = new VectorLoops(code, environment, width);
    this.width = width;
  }

  /**
   * The end of a loop with a dynamic bound.
   *
   * @param position a variable: the first position that is not visited
   */
  private record End(Axis axis, MethodCode.Var position) {}

  private End end(Stage.Bound b) {
    method.push(values.value(method.terms.unique(b.end())));
    code.b.loadConstant(b.axis().extent());
    code.b.invokestatic(JvmTypes.SUPPORT, "end", MethodTypeDesc.of(CD_int, CD_int, CD_int));
    return new End(b.axis(), code.save("end", Form.INDEX));
  }

  /** The end of an axis's loop as a variable; null if that is its extent. */
  private MethodCode.Var end(Axis axis) {
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
  Operand emit(Stage stage, Axis lanes, SegmentLoops.SegmentLists lists) {
    this.stage = stage;
    this.lanes = lanes;
    this.lists = lists;
    local = null;
    end = stage.bound().map(this::end).orElse(null);
    jam = lists == null ? UnrollAndJam.of(stage, lanes, width).orElse(null) : null;
    Result one = result(lists == null ? stage.value() : lists.sum().value(), 0);
    List<Result> several = jam == null ? List.of(one) : several();
    List<Axis> outer = new ArrayList<>(stage.axes());
    boolean along = outer.remove(lanes);
    Runnable single = () -> element(List.of(one));
    Runnable together = () -> element(several);
    Runnable body;
    if (along) {
      body =
          () -> {
            prepare(several);
            if (jam == null) {
              loops.each(lanes, end(lanes), 1, _ -> single.run());
            } else {
              loops.together(lanes, jam.count(), together, single);
            }
          };
    } else if (jam != null) {
      outer.remove(jam.axis());
      body = () -> neighbours(several, together, single);
    } else {
      body = single;
    }
    serial(outer, several, body);
    return local;
  }

  private Result result(Scalar value, int distance) {
    return new Result(method.terms.unique(value), place(distance));
  }

  private List<Result> several() {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < jam.count(); i++) {
      int distance = i * jam.distance();
      results.add(result(Expressions.shifted(stage.value(), jam.axis(), distance), distance));
    }
    return results;
  }

  /**
   * Emits a stage after those before it; a local's value is bound.
   *
   * @param alone whether to share nothing with other stages: they may have changed what was loaded
   */
  void emitInline(Stage stage, SegmentLoops.SegmentLists lists, boolean alone) {
    if (alone) {
      environment.open();
    }
    Operand v = emit(stage, null, lists);
    if (alone) {
      if (v instanceof Operand.Variable) {
        method.push(v);
      }
      environment.close();
      if (v instanceof Operand.Variable) {
        v = method.held("local", v.form());
      }
    }
    if (stage.target() instanceof Stage.Target.Local t) {
      environment.bindLocal(t.number(), v);
    }
  }

  /** The place of the stage's target, {@code distance} positions further along the jammed axis. */
  private Addresses.Place place(int distance) {
    UnaryOperator<Scalar> at =
        s -> distance == 0 ? s : Expressions.shifted(s, jam.axis(), distance);
    return switch (stage.target()) {
      case Stage.Target.Local _ -> null;
      case Stage.Target.Scratch t ->
          addresses.scratch(t, stage.axes().stream().map(Scalar::of).map(at).toList());
      case Stage.Target.Store(int buffer, Scalar index) ->
          addresses.buffer(buffer, method.terms.unique(at.apply(index)));
    };
  }

  private DType type(Stage.Target target) {
    return switch (target) {
      case Stage.Target.Local t -> t.dtype();
      case Stage.Target.Scratch t -> t.dtype();
      case Stage.Target.Store t -> method.kernel.buffers().get(t.buffer()).dtype();
    };
  }

  /** Elements side by side, whose vectors run along the reduction; then those that are left. */
  private void neighbours(List<Result> all, Runnable together, Runnable single) {
    Axis axis = jam.axis();
    MethodCode.Var to = end(axis);
    int count = jam.count();
    int rounds = axis.extent() / count * count;
    MethodCode.Var whole = to == null ? null : code.multiple(to, count);
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
    int parts = across && !positional && jam == null ? parts(lanes) : 1;
    List<Accumulator> sums = new ArrayList<>();
    List<Scalar> roots = new ArrayList<>();
    for (Result r : results) {
      boolean vector = across || environment.varies(r.value);
      sums.add(new Accumulator(values, stage, r.value, vector, parts));
      roots.addAll(sums.getLast().roots());
    }
    VectorLoops.VectorBody add = part -> sums.forEach(s -> s.add(part));
    Runnable prepare = () -> roots.forEach(values::prepare);
    if (lists != null) {
      prepare.run();
      new SegmentLoops(values, lists).over(stage.reduction(), () -> add.emit(0));
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

  /** Stores the horizontal reduction of each sum, as neighbours from a place on. */
  private void store(Result first, List<Accumulator> sums) {
    Addresses.Place place = first.place;
    MethodCode.Var at = addresses.compute(place);
    checks.check(place, at, 0, sums.size() - 1L);
    HorizontalReduction tree =
        new HorizontalReduction(method, width, sums.getFirst().function(), DType.F32);
    MethodCode.Var mask = VectorLoops.mask(code, sums.size(), width);
    tree.pushElements(sums.stream().map(Accumulator::joined).toList());
    MethodCode.Var joined = code.save("joined", Form.lanes(DType.F32));
    method.memory.storeLanes(DType.F32, width, () -> code.push(at), () -> code.push(joined), mask);
  }

  private int parts(Axis lanes) {
    int vectors = lanes.extent() / width;
    return vectors >= 2 * PARTS ? PARTS : vectors >= 4 ? 2 : 1;
  }

  private void prepare(List<Result> results) {
    for (Result r : results) {
      values.prepare(r.value);
      if (r.place != null) {
        values.prepare(r.place, false);
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

  private void counted(
      Axis axis, Runnable from, MethodCode.Var to, int limit, int step, Runnable body) {
    code.loop(
        "i" + axis.number(),
        from,
        to,
        limit,
        step,
        i -> {
          environment.open();
          environment.bind(axis, i);
          body.run();
          environment.unbind(axis);
          environment.close();
        });
  }

  private void take(Result r, Operand v) {
    if (r.place == null) {
      local = v;
    } else {
      store(r.place, type(stage.target()), v);
    }
  }

  private void store(Addresses.Place place, DType type, Operand v) {
    if (environment.lane() != null) {
      new VectorStores(method, environment, addresses).store(place, type, v);
      return;
    }
    MethodCode.Var at = addresses.compute(place);
    checks.check(place, at, null);
    method.memory.store(type, () -> code.push(at), method.pusher(v));
  }
}
