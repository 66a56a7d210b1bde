package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * The running result of a reduction: one or several partial results, each an element or a vector,
 * joined at the end in a fixed order.
 */
final class Accumulator {
  private final ExpressionEmitter values;
  private final KernelMethod method;
  private final MethodCode code;
  private final CodeBuilder b;
  private final Stage stage;
  private final Scalar value;
  private final Scalar position;
  private final boolean vector;
  private final DType type;
  private final List<MethodCode.Var> bests = new ArrayList<>();
  private final List<MethodCode.Var> positions = new ArrayList<>();

  /**
   * @param value the stage's value, unique
   * @param count number of partial results
   */
  Accumulator(ExpressionEmitter values, Stage stage, Scalar value, boolean vector, int count) {
    this.values = values;
    this.method = values.method;
    this.code = method.code;
    this.b = code.b;
    this.stage = stage;
    this.value = value;
    this.vector = vector;
    this.type = value.dtype();
    this.position = isPositional() ? method.terms.unique(linearPosition(stage)) : null;
    for (int i = 0; i < count; i++) {
      bests.add(first("sum", type, identity(stage.reducer(), type)));
      if (isPositional()) {
        positions.add(first("position", DType.I32, 0));
      }
    }
  }

  /** The result's type. */
  static DType result(Stage stage) {
    return switch (stage.reducer()) {
      case ARGMAX, ARGMIN -> DType.I32;
      case NONE, SUM, MAX, MIN -> stage.value().dtype();
    };
  }

  private static Scalar linearPosition(Stage stage) {
    return Expressions.linear(
        stage.reduction().stream().map(Scalar::of).toList(),
        stage.reduction().stream().map(Axis::extent).toList());
  }

  private boolean isPositional() {
    return stage.reducer() == Reducer.ARGMAX || stage.reducer() == Reducer.ARGMIN;
  }

  private static double identity(Reducer r, DType t) {
    boolean max = r == Reducer.MAX || r == Reducer.ARGMAX;
    return switch (r) {
      case SUM, NONE -> 0;
      case MAX, MIN, ARGMAX, ARGMIN ->
          switch (t) {
            case F32, F64, BF16, F16 -> max ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
            case I32, I8 -> max ? Integer.MIN_VALUE : Integer.MAX_VALUE;
            case BOOL -> max ? 0 : 1;
          };
    };
  }

  private MethodCode.Var first(String name, DType t, double x) {
    Operand.Constant c = new Operand.Constant(Form.scalar(t), x);
    if (vector) {
      method.pushLanes(c);
    } else {
      method.push(c);
    }
    return code.save(name, new Form(t, vector));
  }

  /** The expressions that the loops compute: parts of them that do not vary are computed ahead. */
  List<Scalar> roots() {
    return position == null ? List.of(value) : List.of(value, position);
  }

  /** Takes the current value into partial result {@code part}. */
  void add(int part) {
    MethodCode.Var best = bests.get(part);
    Lane lane = values.environment.lane();
    boolean masked = vector && lane != null && !lane.isFull();
    switch (stage.reducer()) {
      case NONE -> throw new IllegalStateException();
      case SUM -> {
        before(masked, best);
        sum(best);
        after(masked, best);
      }
      case MAX, MIN -> {
        Operand v = values.value(value);
        before(masked, best);
        combine(
            stage.reducer() == Reducer.MAX ? Function.MAX : Function.MIN,
            () -> code.push(best),
            pusher(v));
        after(masked, best);
      }
      case ARGMAX, ARGMIN -> addPosition(best, positions.get(part), masked);
    }
  }

  private void sum(MethodCode.Var best) {
    if (vector
        && type == DType.F32
        && value instanceof Scalar.Apply(Function f, _, List<Scalar> factors)
        && f == Function.MUL) {
      List<Operand> operands = factors.stream().map(values::value).toList();
      operands.forEach(method::pushLanes);
      code.push(best);
      b.invokevirtual(
          JvmTypes.FLOAT_VECTOR,
          "fma",
          MethodTypeDesc.of(JvmTypes.FLOAT_VECTOR, JvmTypes.VECTOR, JvmTypes.VECTOR));
      return;
    }
    Operand v = values.value(value);
    combine(Function.ADD, () -> code.push(best), pusher(v));
  }

  private Runnable pusher(Operand v) {
    return vector ? () -> method.pushLanes(v) : method.pusher(v);
  }

  /** Under a mask the old result is kept elsewhere: it goes on the stack first. */
  private void before(boolean masked, MethodCode.Var best) {
    if (masked) {
      code.push(best);
    }
  }

  private void after(boolean masked, MethodCode.Var best) {
    if (masked) {
      code.push(values.environment.lane().mask());
      method.vectors.blend(type);
    }
    code.set(best);
  }

  /** Sums of narrow floats are kept wide, so nothing rounds here. */
  private void combine(Function f, Runnable x, Runnable y) {
    DType wide = type == DType.BF16 || type == DType.F16 ? DType.F32 : type;
    if (vector) {
      method.vectors.apply(f, wide, wide, List.of(x, y));
    } else {
      method.scalars.apply(f, wide, wide, List.of(x, y));
    }
  }

  private void addPosition(MethodCode.Var best, MethodCode.Var at, boolean masked) {
    Operand v = values.value(value);
    Operand p = values.value(position);
    if (!vector) {
      Label keep = b.newLabel();
      better(method.pusher(v), () -> code.push(best));
      b.ifeq(keep);
      method.push(v);
      code.set(best);
      method.push(p);
      code.set(at);
      b.labelBinding(keep);
      return;
    }
    boolean max = stage.reducer() == Reducer.ARGMAX;
    Runnable x = pusher(v);
    Runnable old = () -> code.push(best);
    method.vectors.apply(Function.LT, type, DType.BOOL, max ? List.of(old, x) : List.of(x, old));
    if (masked) {
      code.push(values.environment.lane().mask());
      b.invokevirtual(JvmTypes.MASK, "and", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.MASK));
    }
    MethodCode.Var better = code.save("better", Form.lanes(DType.BOOL));
    blendInto(best, x, better, type);
    blendInto(at, pusher(p), better, DType.I32);
  }

  private void blendInto(MethodCode.Var target, Runnable x, MethodCode.Var mask, DType t) {
    code.push(target);
    x.run();
    code.push(mask);
    method.vectors.blend(t);
    code.set(target);
  }

  /** Pushes whether x is better than y. */
  private void better(Runnable x, Runnable y) {
    boolean max = stage.reducer() == Reducer.ARGMAX;
    method.scalars.apply(Function.LT, type, DType.BOOL, max ? List.of(y, x) : List.of(x, y));
  }

  /**
   * The result.
   *
   * @param acrossLanes whether the lanes are positions of the reduction, to be joined too
   */
  Operand finish(boolean acrossLanes, int width) {
    if (isPositional()) {
      return finishPosition(acrossLanes, width);
    }
    MethodCode.Var joined = joined();
    if (acrossLanes) {
      new HorizontalReduction(method, width, function(), type).pushElement(joined);
      return method.held("reduced", Form.scalar(type));
    }
    code.push(joined);
    if (!vector) {
      method.scalars.round(type);
    }
    return method.held("reduced", new Form(type, vector));
  }

  /** The function that joins two results. */
  Function function() {
    return switch (stage.reducer()) {
      case MAX -> Function.MAX;
      case MIN -> Function.MIN;
      case SUM, NONE, ARGMAX, ARGMIN -> Function.ADD;
    };
  }

  /** The partial results in one, with as many lanes. */
  MethodCode.Var joined() {
    List<MethodCode.Var> parts = new ArrayList<>(bests);
    while (parts.size() > 1) {
      List<MethodCode.Var> joined = new ArrayList<>();
      for (int i = 0; i + 1 < parts.size(); i += 2) {
        MethodCode.Var x = parts.get(i);
        MethodCode.Var y = parts.get(i + 1);
        combine(function(), () -> code.push(x), () -> code.push(y));
        joined.add(code.save("sum", new Form(type, vector)));
      }
      if (parts.size() % 2 == 1) {
        joined.add(parts.getLast());
      }
      parts = joined;
    }
    return parts.getFirst();
  }

  private Operand finishPosition(boolean acrossLanes, int width) {
    if (!acrossLanes) {
      return new Operand.Variable(positions.getFirst());
    }
    MemoryAccess memory = method.memory;
    SpillSlots spills = new SpillSlots(method);
    for (int slot = 0; slot < 2; slot++) {
      MethodCode.Var x = slot == 0 ? bests.getFirst() : positions.getFirst();
      int s = slot;
      memory.storeLanes(
          slot == 0 ? type : DType.I32, width, () -> spills.push(s), () -> code.push(x), null);
    }
    method.pushConstant(type, identity(stage.reducer(), type));
    MethodCode.Var best = code.save("best", Form.scalar(type));
    method.pushConstant(DType.I32, Integer.MAX_VALUE);
    MethodCode.Var at = code.save("position", Form.scalar(DType.I32));
    code.loop(
        "lane",
        b::iconst_0,
        null,
        width,
        1,
        l -> {
          memory.load(type, () -> spills.pushLane(0, l, type));
          MethodCode.Var x = code.save("x", Form.scalar(type));
          memory.load(DType.I32, () -> spills.pushLane(1, l, DType.I32));
          MethodCode.Var p = code.save("p", Form.INDEX);
          Label take = b.newLabel();
          Label keep = b.newLabel();
          better(() -> code.push(x), () -> code.push(best));
          b.ifne(take);
          better(() -> code.push(best), () -> code.push(x));
          b.ifne(keep);
          code.push(p);
          code.push(at);
          b.if_icmpge(keep);
          b.labelBinding(take);
          code.push(x);
          code.set(best);
          code.push(p);
          code.set(at);
          b.labelBinding(keep);
        });
    return new Operand.Variable(at);
  }
}
