package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Computes an expression for all lanes of a vector at once, or lane by lane where there is no
 * instruction for that.
 */
final class LaneEvaluator {
  /** The emitter's vector that results are gathered in; the others hold operands. */
  static final int RESULT = ScratchLayout.SPILLS - 1;

  private final Evaluator values;
  private final Code code;
  private final CodeBuilder b;
  private final Memory memory;
  private final ScalarFunctions scalars;
  private final VectorFunctions vectors;
  private final Lane lane;
  private final Patterns patterns;
  private final WindowLoads windows;

  LaneEvaluator(Evaluator values, Memory memory, ScalarFunctions scalars, VectorFunctions vectors) {
    this.values = values;
    this.code = values.code;
    this.b = code.b;
    this.memory = memory;
    this.scalars = scalars;
    this.vectors = vectors;
    this.lane = values.lane();
    this.patterns = values.patterns();
    this.windows = new WindowLoads(values, memory, vectors);
  }

  Value value(Scalar s) {
    switch (s) {
      case Scalar.Literal _ -> throw new IllegalStateException();
      case Scalar.AxisIndex(var axis) -> {
        VectorFunctions.species(b, Names.INT_VECTOR, lane.width());
        code.push(values.position(axis));
        b.invokestatic(
            Names.INT_VECTOR,
            "broadcast",
            MethodTypeDesc.of(Names.INT_VECTOR, Names.SPECIES, CD_int));
        b.iconst_1();
        b.invokevirtual(Names.INT_VECTOR, "addIndex", MethodTypeDesc.of(Names.INT_VECTOR, CD_int));
      }
      case Scalar.Load l -> load(l);
      case Scalar.Local l -> {
        Addresses.Place place = values.addresses.of(l);
        if (values.scratch.perLane()) {
          Code.Var at = values.addresses.compute(place);
          memory.loadLanes(l.dtype(), lane.width(), () -> code.push(at), lane.mask());
        } else {
          read(place, l.dtype(), lane.mask(), 0);
        }
      }
      case Scalar.Uniform u -> uniforms(u);
      case Scalar.Apply a when !a.dtype().isFloat() && patterns.of(a).isPresent() ->
          pattern(a, patterns.of(a).get());
      case Scalar.Apply a -> apply(a);
    }
    return values.held("v", Form.lanes(s.dtype()));
  }

  /** From the first lane's value, or from none. */
  private void pattern(Scalar.Apply a, Pattern p) {
    if (a.dtype() == DType.BOOL) {
      // All lanes alike are no vector.
      vectors.mask(p.bits());
      return;
    }
    long first = p.isConstant() ? p.residue() : 0;
    List<Integer> lanes = new ArrayList<>();
    for (int l = 0; l < lane.width(); l++) {
      lanes.add(Math.toIntExact(first + p.offset(l)));
    }
    values.constants().push(b, lanes);
    if (!p.isConstant()) {
      values.pushLanes(values.value(patterns.first(a)));
      b.invokevirtual(Names.INT_VECTOR, "add", MethodTypeDesc.of(Names.INT_VECTOR, Names.VECTOR));
    }
  }

  private void apply(Scalar.Apply a) {
    List<Value> operands = a.operands().stream().map(values::value).toList();
    DType in = Evaluator.inputType(a);
    if (VectorFunctions.supports(a.function(), in, a.dtype())) {
      List<Runnable> push =
          operands.stream().map(v -> (Runnable) () -> values.pushLanes(v)).toList();
      if (a.function() == Function.SIN || a.function() == Function.COS) {
        angle(a, operands.getFirst());
        return;
      }
      if (a.function() == Function.CHECK_INDEX) {
        vectors.checkIndex(
            push.getFirst(), (int) ((Scalar.Literal) a.operands().get(1)).value(), lane.mask());
        return;
      }
      vectors.apply(a.function(), in, a.dtype(), push);
    } else {
      laneByLane(
          operands, a.dtype(), elements -> scalars.apply(a.function(), in, a.dtype(), elements));
    }
  }

  /** A sine or cosine: lane by lane if any angle is very large. */
  private void angle(Scalar.Apply a, Value x) {
    Label slow = b.newLabel();
    Label end = b.newLabel();
    values.push(x);
    vectors.anyLargeAngle();
    b.ifne(slow);
    vectors.apply(a.function(), a.dtype(), a.dtype(), List.of(() -> {}));
    b.goto_(end);
    b.labelBinding(slow);
    b.pop();
    laneByLane(
        List.of(x),
        a.dtype(),
        elements -> scalars.apply(a.function(), a.dtype(), a.dtype(), elements));
    b.labelBinding(end);
  }

  private void uniforms(Scalar.Uniform u) {
    boolean neighbours =
        patterns.isDense(u.index())
            && u.key().stream().noneMatch(values::varies)
            && !values.varies(u.stream());
    if (!neighbours) {
      List<Value> operands = u.children().stream().map(values::value).toList();
      laneByLane(
          operands,
          DType.F32,
          elements -> {
            elements.forEach(Runnable::run);
            b.invokestatic(
                Names.PHILOX,
                "uniform",
                MethodTypeDesc.of(CD_float, CD_int, CD_int, CD_int, CD_int, CD_int, CD_int));
          });
      return;
    }
    List<Value> operands = new ArrayList<>();
    u.key().forEach(k -> operands.add(values.value(k)));
    operands.add(values.value(u.stream()));
    operands.add(values.value(patterns.first(u.index())));
    operands.forEach(values::push);
    b.loadConstant(lane.width());
    values.addresses.pushSpill(RESULT);
    b.invokestatic(
        Names.UNIFORMS,
        "uniforms",
        MethodTypeDesc.of(
            java.lang.constant.ConstantDescs.CD_void,
            CD_int,
            CD_int,
            CD_int,
            CD_int,
            CD_int,
            CD_int,
            CD_int,
            CD_long));
    loadResult(DType.F32);
  }

  /** What a function of single elements leaves on the stack. */
  private interface ElementFunction {
    void emit(List<Runnable> operands);
  }

  /** Writes the operands' lanes to memory and computes one lane after the other. */
  private void laneByLane(List<Value> operands, DType result, ElementFunction f) {
    List<Integer> slots = new ArrayList<>();
    for (Value v : operands) {
      if (v.form().vector()) {
        int slot = slots.size();
        slots.add(slot);
        memory.storeLanes(
            v.form().dtype(),
            lane.width(),
            () -> values.addresses.pushSpill(slot),
            values.pusher(v),
            null);
      }
    }
    loopLanes(
        l -> {
          List<Runnable> elements = new ArrayList<>();
          int slot = 0;
          for (Value v : operands) {
            if (v.form().vector()) {
              int from = slot++;
              DType t = v.form().dtype();
              memory.load(t, () -> pushSpilled(from, l, t));
              Code.Var x = code.save("x", Form.scalar(t));
              elements.add(() -> code.push(x));
            } else {
              elements.add(values.pusher(v));
            }
          }
          f.emit(elements);
          Code.Var y = code.save("y", Form.scalar(result));
          memory.store(result, () -> pushSpilled(RESULT, l, result), () -> code.push(y));
        });
    loadResult(result);
  }

  private void loadResult(DType t) {
    memory.loadLanes(t, lane.width(), () -> values.addresses.pushSpill(RESULT), null);
  }

  private void pushSpilled(int slot, Code.Var l, DType t) {
    values.addresses.pushSpill(slot);
    code.push(l);
    b.i2l();
    b.loadConstant((long) t.bytes());
    b.lmul();
    b.ladd();
  }

  private void loopLanes(Code.LoopBody body) {
    code.loop("lane", b::iconst_0, null, lane.width(), 1, body);
  }

  // Loads.

  private boolean isUniform(Addresses.Place place) {
    return place.index().rest().stream().noneMatch(p -> values.varies(p.term()));
  }

  private void load(Scalar.Load l) {
    Addresses.Place place = values.addresses.of(l);
    if (l.guard().isEmpty()) {
      read(place, l.dtype(), lane.mask(), l.otherwise());
      return;
    }
    Scalar condition = l.guard().get();
    Optional<Pattern> known = patterns.of(condition);
    if (known.filter(Pattern::isUniform).isPresent()) {
      Label otherwise = b.newLabel();
      Label end = b.newLabel();
      values.push(values.value(condition));
      b.ifeq(otherwise);
      values.open();
      read(place, l.dtype(), lane.mask(), l.otherwise());
      values.close();
      b.goto_(end);
      b.labelBinding(otherwise);
      values.pushLanes(new Value.Constant(Form.scalar(l.dtype()), l.otherwise()));
      b.labelBinding(end);
      return;
    }
    Optional<Windows> few =
        known.flatMap(p -> patterns.of(place.at()).flatMap(at -> windows.of(at, p.bits(), place)));
    if (few.isPresent() && l.dtype() != DType.BOOL) {
      windows.load(place, l.dtype(), few.get());
    } else {
      Value guard = values.value(condition);
      Code.Var mask = both(guard, lane.mask());
      read(place, l.dtype(), mask, l.otherwise());
      if (l.otherwise() == 0) {
        return;
      }
    }
    Value loaded = values.held("loaded", Form.lanes(l.dtype()));
    values.pushLanes(new Value.Constant(Form.scalar(l.dtype()), l.otherwise()));
    values.push(loaded);
    values.push(values.value(condition));
    vectors.blend(l.dtype());
  }

  private Code.Var both(Value guard, Code.Var mask) {
    values.push(guard);
    if (mask != null) {
      code.push(mask);
      b.invokevirtual(Names.MASK, "and", MethodTypeDesc.of(Names.MASK, Names.MASK));
    }
    return code.save("mask", Form.lanes(DType.BOOL));
  }

  /** What lanes have at a place; those outside of the mask get {@code otherwise} or 0. */
  private void read(Addresses.Place place, DType t, Code.Var mask, double otherwise) {
    Optional<Pattern> at = patterns.of(place.at());
    boolean guarded = !Objects.equals(mask, lane.mask());
    if (at.filter(Pattern::isDense).isPresent() && !(guarded && place.isDynamic())) {
      Addresses.Place first = values.addresses.first(place);
      Code.Var address = values.addresses.compute(first);
      values.addresses.check(first, address, lane);
      if (mask == null) {
        values.push(windows.load(first, address, t, windows.all()));
      } else {
        memory.loadLanes(t, lane.width(), () -> code.push(address), mask);
      }
      return;
    }
    Optional<Windows> few =
        guarded || t == DType.BOOL
            ? Optional.empty()
            : at.flatMap(p -> windows.of(p, windows.all(), place));
    if (few.isPresent()) {
      windows.load(place, t, few.get());
    } else {
      new LaneGather(values, memory).read(place, t, mask, otherwise);
    }
  }

  /** Writes a value of every lane to a place. */
  void store(Addresses.Place place, DType t, Value value) {
    boolean perLane = place.region() < 0 && values.scratch.perLane();
    if (perLane || patterns.isDense(place.at())) {
      Addresses.Place first = perLane ? place : values.addresses.first(place);
      Code.Var at = values.addresses.compute(first);
      values.addresses.check(first, at, lane);
      memory.storeLanes(
          t, lane.width(), () -> code.push(at), () -> values.pushLanes(value), lane.mask());
      return;
    }
    scatter(place, t, value);
  }

  private void scatter(Addresses.Place place, DType t, Value value) {
    if (!isUniform(place)) {
      throw new IllegalArgumentException("a store whose lanes have no fixed distance");
    }
    Code.Var base = values.addresses.compute(place);
    memory.storeLanes(
        t,
        lane.width(),
        () -> values.addresses.pushSpill(RESULT),
        () -> values.pushLanes(value),
        null);
    long stride = place.index().stride(lane.axis()) * place.scale();
    code.loop(
        "lane",
        b::iconst_0,
        lane.count(),
        lane.active(),
        1,
        l -> {
          memory.load(t, () -> pushSpilled(RESULT, l, t));
          Code.Var x = code.save("x", Form.scalar(t));
          memory.store(
              t,
              () -> {
                code.push(base);
                code.push(l);
                b.i2l();
                b.loadConstant(stride);
                b.lmul();
                b.ladd();
              },
              () -> code.push(x));
        });
  }
}
