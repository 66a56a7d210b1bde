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
  private final Evaluator values;
  private final Code code;
  private final CodeBuilder b;
  private final Stage stage;
  private final Scalar value;
  private final Scalar position;
  private final boolean vector;
  private final DType type;
  private final List<Code.Var> bests = new ArrayList<>();
  private final List<Code.Var> positions = new ArrayList<>();

  /**
   * @param value the stage's value, unique
   * @param count number of partial results
   */
  Accumulator(Evaluator values, Stage stage, Scalar value, boolean vector, int count) {
    this.values = values;
    this.code = values.code;
    this.b = code.b;
    this.stage = stage;
    this.value = value;
    this.vector = vector;
    this.type = value.dtype();
    this.position = isPositional() ? values.terms.unique(linearPosition(stage)) : null;
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

  private Code.Var first(String name, DType t, double x) {
    Value.Constant c = new Value.Constant(Form.scalar(t), x);
    if (vector) {
      values.pushLanes(c);
    } else {
      values.push(c);
    }
    return code.save(name, new Form(t, vector));
  }

  /** What is computed in the loops, so that what does not vary can be computed before. */
  List<Scalar> roots() {
    return position == null ? List.of(value) : List.of(value, position);
  }

  /** Takes the current value into partial result {@code part}. */
  void add(int part) {
    Code.Var best = bests.get(part);
    Lane lane = values.lane();
    boolean masked = vector && lane != null && !lane.isFull();
    switch (stage.reducer()) {
      case NONE -> throw new IllegalStateException();
      case SUM -> {
        before(masked, best);
        sum(best);
        after(masked, best);
      }
      case MAX, MIN -> {
        Value v = values.value(value);
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

  private void sum(Code.Var best) {
    if (vector
        && type == DType.F32
        && value instanceof Scalar.Apply(Function f, _, List<Scalar> factors)
        && f == Function.MUL) {
      List<Value> operands = factors.stream().map(values::value).toList();
      operands.forEach(values::pushLanes);
      code.push(best);
      b.invokevirtual(
          Names.FLOAT_VECTOR,
          "fma",
          MethodTypeDesc.of(Names.FLOAT_VECTOR, Names.VECTOR, Names.VECTOR));
      return;
    }
    Value v = values.value(value);
    combine(Function.ADD, () -> code.push(best), pusher(v));
  }

  private Runnable pusher(Value v) {
    return vector ? () -> values.pushLanes(v) : values.pusher(v);
  }

  /** Under a mask the old result is kept elsewhere: it goes on the stack first. */
  private void before(boolean masked, Code.Var best) {
    if (masked) {
      code.push(best);
    }
  }

  private void after(boolean masked, Code.Var best) {
    if (masked) {
      code.push(values.lane().mask());
      values.vectors().blend(type);
    }
    code.set(best);
  }

  /** Sums of narrow floats are kept wide, so nothing rounds here. */
  private void combine(Function f, Runnable x, Runnable y) {
    DType wide = type == DType.BF16 || type == DType.F16 ? DType.F32 : type;
    if (vector) {
      values.vectors().apply(f, wide, wide, List.of(x, y));
    } else {
      new ScalarFunctions(b).apply(f, wide, wide, List.of(x, y));
    }
  }

  private void addPosition(Code.Var best, Code.Var at, boolean masked) {
    Value v = values.value(value);
    Value p = values.value(position);
    if (!vector) {
      Label keep = b.newLabel();
      better(values.pusher(v), () -> code.push(best));
      b.ifeq(keep);
      values.push(v);
      code.set(best);
      values.push(p);
      code.set(at);
      b.labelBinding(keep);
      return;
    }
    boolean max = stage.reducer() == Reducer.ARGMAX;
    Runnable x = pusher(v);
    Runnable old = () -> code.push(best);
    values.vectors().apply(Function.LT, type, DType.BOOL, max ? List.of(old, x) : List.of(x, old));
    if (masked) {
      code.push(values.lane().mask());
      b.invokevirtual(Names.MASK, "and", MethodTypeDesc.of(Names.MASK, Names.MASK));
    }
    Code.Var better = code.save("better", Form.lanes(DType.BOOL));
    blendInto(best, x, better, type);
    blendInto(at, pusher(p), better, DType.I32);
  }

  private void blendInto(Code.Var target, Runnable x, Code.Var mask, DType t) {
    code.push(target);
    x.run();
    code.push(mask);
    values.vectors().blend(t);
    code.set(target);
  }

  /** Pushes whether x is better than y. */
  private void better(Runnable x, Runnable y) {
    boolean max = stage.reducer() == Reducer.ARGMAX;
    new ScalarFunctions(b)
        .apply(Function.LT, type, DType.BOOL, max ? List.of(y, x) : List.of(x, y));
  }

  /**
   * The result.
   *
   * @param acrossLanes whether the lanes are positions of the reduction, to be joined too
   */
  Value finish(boolean acrossLanes, int width) {
    if (isPositional()) {
      return finishPosition(acrossLanes, width);
    }
    Code.Var joined = joined();
    if (acrossLanes) {
      new LaneTree(values, width, function(), type).pushElement(joined);
      return values.held("reduced", Form.scalar(type));
    }
    code.push(joined);
    if (!vector) {
      new ScalarFunctions(b).round(type);
    }
    return values.held("reduced", new Form(type, vector));
  }

  /** What joins two results. */
  Function function() {
    return switch (stage.reducer()) {
      case MAX -> Function.MAX;
      case MIN -> Function.MIN;
      case SUM, NONE, ARGMAX, ARGMIN -> Function.ADD;
    };
  }

  /** The partial results in one, with as many lanes. */
  Code.Var joined() {
    List<Code.Var> parts = new ArrayList<>(bests);
    while (parts.size() > 1) {
      List<Code.Var> joined = new ArrayList<>();
      for (int i = 0; i + 1 < parts.size(); i += 2) {
        Code.Var x = parts.get(i);
        Code.Var y = parts.get(i + 1);
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

  private Value finishPosition(boolean acrossLanes, int width) {
    if (!acrossLanes) {
      return new Value.Held(positions.getFirst());
    }
    Memory memory = values.memory();
    for (int slot = 0; slot < 2; slot++) {
      Code.Var x = slot == 0 ? bests.getFirst() : positions.getFirst();
      int s = slot;
      memory.storeLanes(
          slot == 0 ? type : DType.I32,
          width,
          () -> values.addresses.pushSpill(s),
          () -> code.push(x),
          null);
    }
    values.pushConstant(type, identity(stage.reducer(), type));
    Code.Var best = code.save("best", Form.scalar(type));
    values.pushConstant(DType.I32, Integer.MAX_VALUE);
    Code.Var at = code.save("position", Form.scalar(DType.I32));
    code.loop(
        "lane",
        b::iconst_0,
        null,
        width,
        1,
        l -> {
          memory.load(type, () -> spilled(0, l, type));
          Code.Var x = code.save("x", Form.scalar(type));
          memory.load(DType.I32, () -> spilled(1, l, DType.I32));
          Code.Var p = code.save("p", Form.INDEX);
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
    return new Value.Held(at);
  }

  private void spilled(int slot, Code.Var l, DType t) {
    values.addresses.pushSpill(slot);
    code.push(l);
    b.i2l();
    b.loadConstant((long) t.bytes());
    b.lmul();
    b.ladd();
  }
}
