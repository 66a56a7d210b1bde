package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Matches;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * The loops of one stage, inside of whatever point or vector of points of the space is being
 * computed.
 */
final class StageEmitter {
  /** Partial results of a sum whose lanes are positions of the reduction. */
  private static final int PARTS = 4;

  private final Evaluator values;
  private final Code code;
  private final int width;

  /** Where the stage's bounded loop ends, or null. */
  private End end;

  StageEmitter(Evaluator values, int width) {
    this.values = values;
    this.code = values.code;
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

  /** How to visit only some positions of a reduction. */
  record Lists(Matches matches, Code.Var shared, long offset) {}

  /** What a stage does once its value is known. */
  private interface Sink {
    void take(Value v);
  }

  /**
   * Emits a stage.
   *
   * @param lanes one of its axes or reduction axes that vectors run along, or null
   * @param lists of the positions to sum over, or null for all
   * @return the value, when the target is a local
   */
  Value emit(Stage stage, Axis lanes, Lists lists) {
    Value[] local = new Value[1];
    Scalar value = values.terms.unique(lists == null ? stage.value() : lists.matches.value());
    Addresses.Place place = place(stage);
    Sink sink = place == null ? v -> local[0] = v : v -> store(place, type(stage.target()), v);
    List<Scalar> roots = new ArrayList<>(List.of(value));
    List<Axis> outer = stage.axes().stream().filter(a -> !a.equals(lanes)).toList();
    end = stage.bound().map(this::end).orElse(null);
    Runnable element = () -> element(stage, value, lanes, lists, sink);
    serial(
        outer,
        roots,
        place,
        () -> {
          if (lanes != null && stage.axes().contains(lanes)) {
            prepare(roots, place);
            laneLoop(lanes, 1, _ -> element.run());
          } else {
            element.run();
          }
        });
    return local[0];
  }

  /**
   * Emits a stage after those before it; a local's value is bound.
   *
   * @param alone whether to share nothing with other stages: they may have changed what was loaded
   */
  void emitInline(Stage stage, Lists lists, boolean alone) {
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

  private Addresses.Place place(Stage stage) {
    return switch (stage.target()) {
      case Stage.Target.Local _ -> null;
      case Stage.Target.Scratch t ->
          values.addresses.scratch(t, stage.axes().stream().map(Scalar::of).toList());
      case Stage.Target.Store(int buffer, Scalar index) ->
          values.addresses.buffer(buffer, values.terms.unique(index));
    };
  }

  private DType type(Stage.Target target) {
    return switch (target) {
      case Stage.Target.Local t -> t.dtype();
      case Stage.Target.Scratch t -> t.dtype();
      case Stage.Target.Store t -> values.kernel.buffers().get(t.buffer()).dtype();
    };
  }

  private void element(Stage stage, Scalar value, Axis lanes, Lists lists, Sink sink) {
    if (stage.reducer() == Reducer.NONE) {
      sink.take(values.value(value));
      return;
    }
    boolean across = lanes != null && stage.reduction().contains(lanes);
    boolean positional = stage.reducer() == Reducer.ARGMAX || stage.reducer() == Reducer.ARGMIN;
    boolean vector = across || values.varies(value);
    int parts = across && !positional ? parts(lanes) : 1;
    Accumulator sum = new Accumulator(values, stage, value, vector, parts);
    if (lists != null) {
      listed(stage, lists, sum);
      sink.take(sum.finish(false, width));
      return;
    }
    List<Axis> outer = stage.reduction().stream().filter(a -> !a.equals(lanes)).toList();
    serial(
        outer,
        sum.roots(),
        null,
        () -> {
          if (across) {
            prepare(sum.roots(), null);
            laneLoop(lanes, parts, sum::add);
          } else {
            sum.add(0);
          }
        });
    sink.take(sum.finish(across, width));
  }

  private void listed(Stage stage, Lists lists, Accumulator sum) {
    CodeBuilder b = code.b;
    int rows = lists.matches.row().extent();
    prepare(sum.roots(), null);
    code.open();
    pushLists(lists);
    code.push(values.position(lists.matches.row()));
    b.invokestatic(Names.SUPPORT, "first", MethodTypeDesc.of(CD_int, CD_long, CD_int));
    Code.Var position = code.save("position", Form.INDEX);
    Label head = b.newBoundLabel();
    Label end = b.newLabel();
    code.push(position);
    b.iflt(end);
    values.open();
    bindPosition(stage.reduction(), position);
    sum.add(0);
    stage.reduction().forEach(values::unbind);
    values.close();
    pushLists(lists);
    b.loadConstant(rows);
    code.push(position);
    b.invokestatic(Names.SUPPORT, "next", MethodTypeDesc.of(CD_int, CD_long, CD_int, CD_int));
    code.set(position);
    b.goto_(head);
    b.labelBinding(end);
    code.close();
  }

  private void pushLists(Lists lists) {
    code.push(lists.shared);
    code.b.loadConstant(lists.offset);
    code.b.ladd();
  }

  /** Binds axes to the digits of a linear position. */
  private void bindPosition(List<Axis> axes, Code.Var position) {
    long below = Axis.positions(axes);
    for (Axis axis : axes) {
      below /= axis.extent();
      code.push(position);
      code.b.loadConstant((int) below);
      code.b.idiv();
      code.b.loadConstant(axis.extent());
      code.b.irem();
      values.bind(axis, code.save("i" + axis.number(), Form.INDEX));
    }
  }

  /** Writes the lists that {@link #emit} then follows. */
  void link(Stage stage, Lists lists) {
    CodeBuilder b = code.b;
    int rows = lists.matches.row().extent();
    int positions = Math.toIntExact(Axis.positions(stage.reduction()));
    Scalar label = values.terms.unique(lists.matches.label());
    pushLists(lists);
    b.loadConstant(rows);
    b.invokestatic(Names.SUPPORT, "clearLists", MethodTypeDesc.of(CD_void, CD_long, CD_int));
    code.loop(
        "back",
        b::iconst_0,
        null,
        positions,
        1,
        back -> {
          values.open();
          b.loadConstant(positions - 1);
          code.push(back);
          b.isub();
          Code.Var position = code.save("position", Form.INDEX);
          bindPosition(stage.reduction(), position);
          Value l = values.value(label);
          pushLists(lists);
          b.loadConstant(rows);
          code.push(position);
          values.push(l);
          b.invokestatic(
              Names.SUPPORT, "link", MethodTypeDesc.of(CD_void, CD_long, CD_int, CD_int, CD_int));
          stage.reduction().forEach(values::unbind);
          values.close();
        });
  }

  private int parts(Axis lanes) {
    int vectors = lanes.extent() / width;
    return vectors >= 2 * PARTS ? PARTS : vectors >= 4 ? 2 : 1;
  }

  private void prepare(List<Scalar> roots, Addresses.Place place) {
    roots.forEach(values::prepare);
    if (place != null) {
      values.addresses.prepare(place, false);
    }
  }

  private void serial(List<Axis> axes, List<Scalar> roots, Addresses.Place place, Runnable body) {
    if (axes.isEmpty()) {
      body.run();
      return;
    }
    Axis axis = axes.getFirst();
    prepare(roots, place);
    code.loop(
        "i" + axis.number(),
        code.b::iconst_0,
        end(axis),
        axis.extent(),
        1,
        i -> {
          values.open();
          values.bind(axis, i);
          serial(axes.subList(1, axes.size()), roots, place, body);
          values.unbind(axis);
          values.close();
        });
  }

  /**
   * What is done for a vector; {@code part} tells neighbouring vectors of an unrolled loop apart.
   */
  private interface VectorBody {
    void emit(int part);
  }

  private void laneLoop(Axis axis, int unroll, VectorBody body) {
    if (end(axis) != null) {
      boundedLaneLoop(axis, end(axis), unroll, body);
      return;
    }
    int step = unroll * width;
    int unrolled = axis.extent() / step * step;
    int whole = axis.extent() / width * width;
    if (unrolled > 0) {
      code.loop(
          "i" + axis.number(),
          code.b::iconst_0,
          null,
          unrolled,
          step,
          i -> unrolled(axis, i, unroll, body));
    }
    if (whole > unrolled) {
      code.loop(
          "i" + axis.number(),
          () -> code.b.loadConstant(unrolled),
          null,
          whole,
          width,
          i -> whole(axis, i, body, 0));
    }
    int left = axis.extent() - whole;
    if (left > 0) {
      code.open();
      Code.Var mask = mask(code, left, width);
      code.b.loadConstant(whole);
      Code.Var i = code.save("i" + axis.number(), Form.INDEX);
      vector(new Lane(axis, width, left, mask), i, body, unroll - 1);
      code.close();
    }
  }

  /** The same where the end is a variable. */
  private void boundedLaneLoop(Axis axis, Code.Var to, int unroll, VectorBody body) {
    code.open();
    Code.Var unrolled = multiple(to, unroll * width);
    Code.Var whole = unroll == 1 ? unrolled : multiple(to, width);
    String name = "i" + axis.number();
    code.loop(
        name, code.b::iconst_0, unrolled, 0, unroll * width, i -> unrolled(axis, i, unroll, body));
    if (unroll > 1) {
      code.loop(name, () -> code.push(unrolled), whole, 0, width, i -> whole(axis, i, body, 0));
    }
    // What is left is a loop of one vector, or none.
    code.loop(
        name,
        () -> code.push(whole),
        to,
        0,
        width,
        i -> {
          code.push(to);
          code.push(i);
          code.b.isub();
          Code.Var count = code.save("count", Form.INDEX);
          Code.Var mask = mask(code, () -> lowBits(count), width);
          vector(new Lane(axis, width, 0, count, mask), i, body, unroll - 1);
        });
    code.close();
  }

  /** The largest multiple of a power of two that is not above a variable. */
  private Code.Var multiple(Code.Var of, int factor) {
    code.push(of);
    code.b.loadConstant(-factor);
    code.b.iand();
    return code.save("whole", Form.INDEX);
  }

  /** Pushes a long with as many low bits set. */
  private void lowBits(Code.Var count) {
    code.b.lconst_1();
    code.push(count);
    code.b.lshl();
    code.b.lconst_1();
    code.b.lsub();
  }

  private void unrolled(Axis axis, Code.Var i, int unroll, VectorBody body) {
    for (int part = 0; part < unroll; part++) {
      whole(axis, shifted(i, part * width), body, part);
    }
  }

  private void whole(Axis axis, Code.Var i, VectorBody body, int part) {
    vector(new Lane(axis, width, width, null), i, body, part);
  }

  private Code.Var shifted(Code.Var i, int by) {
    if (by == 0) {
      return i;
    }
    code.push(i);
    code.b.loadConstant(by);
    code.b.iadd();
    return code.save("i", Form.INDEX);
  }

  private void vector(Lane lane, Code.Var i, VectorBody body, int part) {
    values.open();
    values.bind(lane.axis(), i);
    values.enter(lane);
    body.emit(part);
    values.enter(null);
    values.unbind(lane.axis());
    values.close();
  }

  /** A mask of the first lanes. */
  static Code.Var mask(Code code, int active, int width) {
    return mask(code, () -> code.b.loadConstant(Lane.first(active)), width);
  }

  private static Code.Var mask(Code code, Runnable bits, int width) {
    VectorFunctions.species(code.b, Names.INT_VECTOR, width);
    bits.run();
    code.b.invokestatic(
        Names.MASK, "fromLong", MethodTypeDesc.of(Names.MASK, Names.SPECIES, CD_long));
    return code.save("mask", Form.lanes(DType.BOOL));
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
