package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/** The loops of one stage, inside of whatever point or vector of points of the space is being computed. */
final class StageEmitter {
  /** Partial results of a sum whose lanes are positions of the reduction. */
  private static final int PARTS = 4;

  private final Evaluator values;
  private final Code code;
  private final int width;

  StageEmitter(Evaluator values, int width) {
    this.values = values;
    this.code = values.code;
    this.width = width;
  }

  /** What a stage does once its value is known. */
  private interface Sink {
    void take(Value v);
  }

  /**
   * Emits a stage.
   *
   * @param lanes one of its axes or reduction axes that vectors run along, or null
   * @return the value, when the target is a local
   */
  Value emit(Stage stage, Axis lanes) {
    Value[] local = new Value[1];
    Scalar value = values.terms.unique(stage.value());
    Addresses.Place place = place(stage);
    Sink sink =
        place == null
            ? v -> local[0] = v
            : v -> store(place, type(stage.target()), v);
    List<Scalar> roots = new ArrayList<>(List.of(value));
    List<Axis> outer = stage.axes().stream().filter(a -> !a.equals(lanes)).toList();
    Runnable element = () -> element(stage, value, lanes, sink);
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

  private void element(Stage stage, Scalar value, Axis lanes, Sink sink) {
    if (stage.reducer() == Reducer.NONE) {
      sink.take(values.value(value));
      return;
    }
    boolean across = lanes != null && stage.reduction().contains(lanes);
    boolean positional = stage.reducer() == Reducer.ARGMAX || stage.reducer() == Reducer.ARGMIN;
    boolean vector = across || values.varies(value);
    int parts = across && !positional ? parts(lanes) : 1;
    Accumulator sum = new Accumulator(values, stage, value, vector, parts);
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

  private void serial(
      List<Axis> axes, List<Scalar> roots, Addresses.Place place, Runnable body) {
    if (axes.isEmpty()) {
      body.run();
      return;
    }
    Axis axis = axes.getFirst();
    prepare(roots, place);
    code.loop(
        "i" + axis.number(),
        code.b::iconst_0,
        null,
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

  /** What is done for a vector; {@code part} tells neighbouring vectors of an unrolled loop apart. */
  private interface VectorBody {
    void emit(int part);
  }

  private void laneLoop(Axis axis, int unroll, VectorBody body) {
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
          i -> {
            for (int part = 0; part < unroll; part++) {
              vector(axis, shifted(i, part * width), null, width, body, part);
            }
          });
    }
    if (whole > unrolled) {
      code.loop(
          "i" + axis.number(),
          () -> code.b.loadConstant(unrolled),
          null,
          whole,
          width,
          i -> vector(axis, i, null, width, body, 0));
    }
    int left = axis.extent() - whole;
    if (left > 0) {
      code.open();
      Code.Var mask = mask(code, left, width);
      code.b.loadConstant(whole);
      Code.Var i = code.save("i" + axis.number(), Form.INDEX);
      vector(axis, i, mask, left, body, unroll - 1);
      code.close();
    }
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

  private void vector(
      Axis axis, Code.Var i, Code.Var mask, int active, VectorBody body, int part) {
    values.open();
    values.bind(axis, i);
    values.enter(new Lane(axis, width, active, mask));
    body.emit(part);
    values.enter(null);
    values.unbind(axis);
    values.close();
  }

  /** A mask of the first lanes. */
  static Code.Var mask(Code code, int active, int width) {
    VectorFunctions.species(code.b, Names.INT_VECTOR, width);
    code.b.loadConstant((1L << active) - 1);
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
    values.addresses.check(place, at, 1);
    values.memory().store(type, () -> code.push(at), values.pusher(v));
  }
}
