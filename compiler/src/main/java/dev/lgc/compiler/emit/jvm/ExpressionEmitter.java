package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/**
 * Writes code that computes expressions into local variables, each once per scope: what has been
 * computed outside of a loop is used inside it. {@link #prepare} computes ahead of a loop what does
 * not depend on it.
 */
final class ExpressionEmitter {
  final KernelMethod method;
  final Environment environment;
  final Addresses addresses;
  private final MethodCode code;
  private final CodeBuilder b;
  private final BoundsChecks checks;

  ExpressionEmitter(KernelMethod method) {
    this.method = method;
    this.code = method.code;
    this.b = code.b;
    this.environment = new Environment(method);
    this.addresses = new Addresses(method, environment, this::value);
    this.checks = new BoundsChecks(method);
  }

  /** Computes ahead whatever depends only on what is bound now. */
  void prepare(Scalar s) {
    if (s instanceof Scalar.Literal
        || s instanceof Scalar.AxisIndex
        || environment.computed(s) != null) {
      return;
    }
    boolean bound = method.terms.axes(s).stream().allMatch(environment::isBound);
    if (bound && Expressions.isStable(s, method.kernel, environment::isBound)) {
      value(s);
      return;
    }
    if (s instanceof Scalar.Load l) {
      prepare(place(l), l.guard().isPresent());
      l.guard().ifPresent(this::prepare);
      return;
    }
    if (s instanceof Scalar.Local l && !l.index().isEmpty()) {
      prepare(addresses.of(l), false);
      return;
    }
    s.children().forEach(this::prepare);
  }

  /**
   * Computes ahead what depends only on what is bound now of a place's address.
   *
   * @param guarded whether the place may be read under a condition only, so that data must not be
   *     looked at ahead
   */
  void prepare(Addresses.Place place, boolean guarded) {
    for (Affine.Part p : place.index().rest()) {
      if (!guarded || !Expressions.isDynamic(p.term())) {
        prepare(p.term());
      }
    }
    addresses.prepare(place);
  }

  /** The place that is loaded from: of a vector with a pattern, as seen from its first lane. */
  private Addresses.Place place(Scalar.Load l) {
    Addresses.Place place = addresses.of(l);
    LanePatterns patterns = environment.patterns();
    return patterns != null && patterns.of(place.at()).isPresent() ? addresses.first(place) : place;
  }

  /** The value of a unique expression, computed now if it was not yet. */
  Operand value(Scalar s) {
    if (s instanceof Scalar.Literal(DType t, double x)) {
      return new Operand.Constant(Form.scalar(t), x);
    }
    if (s instanceof Scalar.Local l && l.index().isEmpty()) {
      return environment.local(l.number());
    }
    Operand v = environment.computed(s);
    if (v == null) {
      if (!environment.varies(s)) {
        v = element(s);
      } else {
        LanePatterns patterns = environment.patterns();
        v = patterns.isUniform(s) ? value(patterns.first(s)) : lanes(s);
      }
      environment.keep(s, v);
    }
    return v;
  }

  private Operand element(Scalar s) {
    switch (s) {
      case Scalar.Literal _ -> throw new IllegalStateException();
      case Scalar.AxisIndex(Axis axis) -> {
        return new Operand.Variable(environment.position(axis));
      }
      case Scalar.Load l -> guarded(l);
      case Scalar.Local l -> {
        Addresses.Place place = addresses.of(l);
        MethodCode.Var at = addresses.compute(place);
        method.memory.load(l.dtype(), () -> code.push(at));
      }
      case Scalar.Uniform u -> uniform(u);
      case Scalar.Apply a -> {
        List<Operand> operands = a.operands().stream().map(this::value).toList();
        method.scalars.apply(
            a.function(),
            ScalarFunctions.inputType(a),
            a.dtype(),
            operands.stream().map(method::pusher).toList());
      }
    }
    return method.held("v", Form.scalar(s.dtype()));
  }

  private void guarded(Scalar.Load l) {
    if (l.guard().isEmpty()) {
      loadElement(l);
      return;
    }
    Operand guard = value(l.guard().get());
    Label otherwise = b.newLabel();
    Label end = b.newLabel();
    method.push(guard);
    b.ifeq(otherwise);
    environment.open();
    loadElement(l);
    environment.close();
    b.goto_(end);
    b.labelBinding(otherwise);
    method.pushConstant(l.dtype(), l.otherwise());
    b.labelBinding(end);
  }

  private void loadElement(Scalar.Load l) {
    Addresses.Place place = addresses.of(l);
    MethodCode.Var at = addresses.compute(place);
    checks.check(place, at, null);
    method.memory.load(l.dtype(), () -> code.push(at));
  }

  private void uniform(Scalar.Uniform u) {
    List<Operand> key = u.key().stream().map(this::value).toList();
    Operand stream = value(u.stream());
    Operand index = value(u.index());
    key.forEach(method::push);
    method.push(stream);
    method.push(index);
    b.invokestatic(
        JvmTypes.PHILOX,
        "uniform",
        MethodTypeDesc.of(CD_float, CD_int, CD_int, CD_int, CD_int, CD_int, CD_int));
  }

  private Operand lanes(Scalar s) {
    return new VectorEmitter(method, environment, addresses, this::value).value(s);
  }
}
