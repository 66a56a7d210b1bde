package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes an expression for all lanes of a vector at once.
 *
 * <p>With four lanes along i:
 *
 * <pre>
 * x[i] + y               →  load(x + 4 i), add(broadcast(y))        instructions
 * i mod 2 + 1            →  the constant vector 1, 2, 1, 2          {@link LanePattern}
 * pow(x[i], y)           →  for l in lanes: pow(x[i + l], y)        {@link Scalarization}
 * random(key, i)         →  one call for the four numbers           {@link Uniforms}
 * </pre>
 *
 * <p>{@link VectorLoads} reads memory, and {@link VectorStores} writes it.
 */
final class VectorEmitter {
  private final KernelMethod method;
  private final Environment environment;
  private final Addresses addresses;
  private final Subexpressions values;
  private final MethodCode code;
  private final CodeBuilder b;
  private final VectorFunctions vectors;
  private final Lane lane;
  private final LanePatterns patterns;
  private final VectorLoads loads;
  private final Scalarization scalarization;

  VectorEmitter(
      KernelMethod method, Environment environment, Addresses addresses, Subexpressions values) {
    this.method = method;
    this.environment = environment;
    this.addresses = addresses;
    this.values = values;
    this.code = method.code;
    this.b = code.b;
    this.vectors = method.vectors;
    this.lane = environment.lane();
    this.patterns = environment.patterns();
    this.loads = new VectorLoads(method, environment, addresses, values);
    this.scalarization = new Scalarization(method, lane);
  }

  /** The value of an expression that differs between lanes. */
  Operand value(Scalar s) {
    switch (s) {
      case Scalar.Literal _ -> throw new IllegalStateException();
      case Scalar.AxisIndex(var axis) -> {
        JvmTypes.species(b, JvmTypes.INT_VECTOR, lane.width());
        code.push(environment.position(axis));
        b.invokestatic(
            JvmTypes.INT_VECTOR,
            "broadcast",
            MethodTypeDesc.of(JvmTypes.INT_VECTOR, JvmTypes.SPECIES, CD_int));
        b.iconst_1();
        b.invokevirtual(
            JvmTypes.INT_VECTOR, "addIndex", MethodTypeDesc.of(JvmTypes.INT_VECTOR, CD_int));
      }
      case Scalar.Load l -> loads.load(l);
      case Scalar.Local l -> {
        Addresses.Place place = addresses.of(l);
        if (method.scratch.perLane()) {
          MethodCode.Var at = addresses.compute(place);
          method.memory.loadLanes(l.dtype(), lane.width(), () -> code.push(at), lane.mask());
        } else {
          loads.read(place, l.dtype(), lane.mask(), 0);
        }
      }
      case Scalar.Uniform u -> uniforms(u);
      case Scalar.Apply a when !a.dtype().isFloat() && patterns.of(a).isPresent() ->
          pattern(a, patterns.of(a).get());
      case Scalar.Apply a -> apply(a);
    }
    return method.held("v", Form.lanes(s.dtype()));
  }

  /** The lanes of a pattern: a constant vector, and the first lane's value where that counts. */
  private void pattern(Scalar.Apply a, LanePattern p) {
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
    method.constants.push(b, lanes);
    if (!p.isConstant()) {
      method.pushLanes(values.value(patterns.first(a)));
      b.invokevirtual(
          JvmTypes.INT_VECTOR, "add", MethodTypeDesc.of(JvmTypes.INT_VECTOR, JvmTypes.VECTOR));
    }
  }

  private void apply(Scalar.Apply a) {
    List<Operand> operands = a.operands().stream().map(values::value).toList();
    DType in = ScalarFunctions.inputType(a);
    if (VectorFunctions.supports(a.function(), in, a.dtype())) {
      List<Runnable> push =
          operands.stream().map(v -> (Runnable) () -> method.pushLanes(v)).toList();
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
      scalarization.apply(
          operands,
          a.dtype(),
          elements -> method.scalars.apply(a.function(), in, a.dtype(), elements));
    }
  }

  /** A sine or cosine: lane by lane if any angle is very large. */
  private void angle(Scalar.Apply a, Operand x) {
    Label slow = b.newLabel();
    Label end = b.newLabel();
    method.push(x);
    vectors.anyLargeAngle();
    b.ifne(slow);
    vectors.apply(a.function(), a.dtype(), a.dtype(), List.of(() -> {}));
    b.goto_(end);
    b.labelBinding(slow);
    b.pop();
    scalarization.apply(
        List.of(x),
        a.dtype(),
        elements -> method.scalars.apply(a.function(), a.dtype(), a.dtype(), elements));
    b.labelBinding(end);
  }

  /** Random numbers: all at once where neighbouring lanes have neighbouring numbers of a stream. */
  private void uniforms(Scalar.Uniform u) {
    boolean neighbours =
        patterns.isDense(u.index())
            && u.key().stream().noneMatch(environment::varies)
            && !environment.varies(u.stream());
    if (!neighbours) {
      List<Operand> operands = u.children().stream().map(values::value).toList();
      scalarization.apply(
          operands,
          DType.F32,
          elements -> {
            elements.forEach(Runnable::run);
            b.invokestatic(
                JvmTypes.PHILOX,
                "uniform",
                MethodTypeDesc.of(CD_float, CD_int, CD_int, CD_int, CD_int, CD_int, CD_int));
          });
      return;
    }
    List<Operand> operands = new ArrayList<>();
    u.key().forEach(k -> operands.add(values.value(k)));
    operands.add(values.value(u.stream()));
    operands.add(values.value(patterns.first(u.index())));
    operands.forEach(method::push);
    b.loadConstant(lane.width());
    new SpillSlots(method).push(SpillSlots.RESULT);
    b.invokestatic(
        JvmTypes.UNIFORMS,
        "uniforms",
        MethodTypeDesc.of(
            CD_void, CD_int, CD_int, CD_int, CD_int, CD_int, CD_int, CD_int, CD_long));
    scalarization.loadResult(DType.F32);
  }
}
