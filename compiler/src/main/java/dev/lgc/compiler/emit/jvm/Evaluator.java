package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Computed;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Computes expressions into local variables, each once per scope: what has been computed outside of
 * a loop is used inside it. {@link #prepare} computes ahead of a loop what does not depend on it.
 */
final class Evaluator {
  final Code code;
  final Expressions terms;
  final Kernel kernel;
  final ScratchLayout scratch;
  final Addresses addresses;
  private final CodeBuilder b;
  private final Memory memory;
  private final ScalarFunctions scalars;
  private final VectorFunctions vectors;
  private final Computed<Value> computed = new Computed<>();
  private final Map<Axis, Code.Var> positions = new HashMap<>();
  private final Map<Integer, Value> locals = new HashMap<>();
  private final Constants constants;
  private Lane lane;
  private Patterns patterns;
  private Code.Var shared;
  private Runnable point;

  Evaluator(Code code, Kernel kernel, ScratchLayout scratch, Constants constants, int width) {
    this.constants = constants;
    this.code = code;
    this.b = code.b;
    this.terms = new Expressions();
    this.kernel = kernel;
    this.scratch = scratch;
    this.memory = new Memory(code);
    this.scalars = new ScalarFunctions(b);
    this.vectors = width > 1 ? new VectorFunctions(code, width) : null;
    this.addresses = new Addresses(this);
    open();
  }

  // Scopes and bindings.

  void open() {
    computed.open();
    addresses.open();
    code.open();
  }

  void close() {
    code.close();
    addresses.close();
    computed.close();
  }

  void bind(Axis axis, Code.Var position) {
    positions.put(axis, position);
  }

  void unbind(Axis axis) {
    positions.remove(axis);
  }

  boolean isBound(Axis axis) {
    return positions.containsKey(axis);
  }

  Code.Var position(Axis axis) {
    Code.Var v = positions.get(axis);
    if (v == null) {
      throw new IllegalStateException("axis " + axis.number() + " in no loop of " + kernel.name());
    }
    return v;
  }

  void bindLocal(int number, Value value) {
    locals.put(number, value);
  }

  /** Where all threads' memory begins, for who needs it. */
  Code.Var shared() {
    return shared;
  }

  void shared(Code.Var address) {
    shared = address;
  }

  /** Pushes the arguments of {@link Frame#pointType}. */
  void pushPoint() {
    point.run();
  }

  void point(Runnable arguments) {
    point = arguments;
  }

  Value local(int number) {
    return locals.get(number);
  }

  Lane lane() {
    return lane;
  }

  /** Begins a vector, whose axis is bound to its first position; null ends it. */
  void enter(Lane l) {
    if (patterns != null) {
      unbind(patterns.first());
    }
    lane = l;
    patterns = l == null ? null : new Patterns(terms, l.axis(), l.width(), n -> varies(n));
    if (l != null) {
      bind(patterns.first(), position(l.axis()));
    }
  }

  /** How expressions differ between the lanes of the current vector. */
  Patterns patterns() {
    return patterns;
  }

  Constants constants() {
    return constants;
  }

  Memory memory() {
    return memory;
  }

  VectorFunctions vectors() {
    return vectors;
  }

  /** Whether the lanes of the current vector may differ in it. */
  boolean varies(Scalar s) {
    return patterns != null && patterns.varies(s);
  }

  private boolean varies(int local) {
    Value v = locals.get(local);
    return v == null ? scratch.perLane() : v.form().vector();
  }

  // Expressions.

  /** Computes ahead whatever depends only on what is bound now. */
  void prepare(Scalar s) {
    if (s instanceof Scalar.Literal || s instanceof Scalar.AxisIndex || computed.get(s) != null) {
      return;
    }
    boolean bound = terms.axes(s).stream().allMatch(this::isBound);
    if (bound && Expressions.isStable(s, kernel, locals::containsKey)) {
      value(s);
      return;
    }
    if (s instanceof Scalar.Load l) {
      addresses.prepare(place(l), l.guard().isPresent());
      l.guard().ifPresent(this::prepare);
      return;
    }
    if (s instanceof Scalar.Local l && !l.index().isEmpty()) {
      addresses.prepare(addresses.of(l), false);
      return;
    }
    s.children().forEach(this::prepare);
  }

  /** Where it is loaded from: of a vector with a pattern, as seen from its first lane. */
  private Addresses.Place place(Scalar.Load l) {
    Addresses.Place place = addresses.of(l);
    return patterns != null && patterns.of(place.at()).isPresent() ? addresses.first(place) : place;
  }

  /** Whether an expression has been computed already. */
  boolean isKnown(Scalar s) {
    return s instanceof Scalar.Local l && l.index().isEmpty()
        ? locals.containsKey(l.number())
        : computed.get(s) != null;
  }

  /** The value of a unique expression, computed now if it was not yet. */
  Value value(Scalar s) {
    if (s instanceof Scalar.Literal(DType t, double x)) {
      return new Value.Constant(Form.scalar(t), x);
    }
    if (s instanceof Scalar.Local l && l.index().isEmpty()) {
      return locals.get(l.number());
    }
    Value v = computed.get(s);
    if (v == null) {
      if (!varies(s)) {
        v = element(s);
      } else {
        v = patterns.isUniform(s) ? value(patterns.first(s)) : lanes(s);
      }
      computed.put(s, v);
    }
    return v;
  }

  private Value element(Scalar s) {
    switch (s) {
      case Scalar.Literal _ -> throw new IllegalStateException();
      case Scalar.AxisIndex(Axis axis) -> {
        return new Value.Held(position(axis));
      }
      case Scalar.Load l -> guarded(l);
      case Scalar.Local l -> {
        Addresses.Place place = addresses.of(l);
        Code.Var at = addresses.compute(place);
        memory.load(l.dtype(), () -> code.push(at));
      }
      case Scalar.Uniform u -> uniform(u);
      case Scalar.Apply a -> {
        List<Value> operands = a.operands().stream().map(this::value).toList();
        scalars.apply(
            a.function(), inputType(a), a.dtype(), operands.stream().map(this::pusher).toList());
      }
    }
    return held("v", Form.scalar(s.dtype()));
  }

  private void guarded(Scalar.Load l) {
    if (l.guard().isEmpty()) {
      loadElement(l);
      return;
    }
    Value guard = value(l.guard().get());
    Label otherwise = b.newLabel();
    Label end = b.newLabel();
    push(guard);
    b.ifeq(otherwise);
    open();
    loadElement(l);
    close();
    b.goto_(end);
    b.labelBinding(otherwise);
    pushConstant(l.dtype(), l.otherwise());
    b.labelBinding(end);
  }

  private void loadElement(Scalar.Load l) {
    Addresses.Place place = addresses.of(l);
    Code.Var at = addresses.compute(place);
    addresses.check(place, at, null);
    memory.load(l.dtype(), () -> code.push(at));
  }

  private void uniform(Scalar.Uniform u) {
    List<Value> key = u.key().stream().map(this::value).toList();
    Value stream = value(u.stream());
    Value index = value(u.index());
    key.forEach(this::push);
    push(stream);
    push(index);
    b.invokestatic(
        Names.PHILOX,
        "uniform",
        MethodTypeDesc.of(CD_float, CD_int, CD_int, CD_int, CD_int, CD_int, CD_int));
  }

  private Value lanes(Scalar s) {
    return new LaneEvaluator(this, memory, scalars, vectors).value(s);
  }

  /** Writes a value of every lane of the current vector. */
  void storeLanes(Addresses.Place place, DType t, Value v) {
    new LaneEvaluator(this, memory, scalars, vectors).store(place, t, v);
  }

  static DType inputType(Scalar.Apply a) {
    return a.operands().get(a.function() == Function.SELECT ? 1 : 0).dtype();
  }

  // Values.

  Value.Held held(String name, Form form) {
    return new Value.Held(code.save(name, form));
  }

  Runnable pusher(Value v) {
    return () -> push(v);
  }

  void push(Value v) {
    switch (v) {
      case Value.Held(Code.Var x) -> code.push(x);
      case Value.Constant(Form f, double x) -> pushConstant(f.dtype(), x);
    }
  }

  /** Pushes a value as a vector or mask, the same in all lanes if it is one element. */
  void pushLanes(Value v) {
    push(v);
    if (!v.form().vector()) {
      vectors.broadcast(v.form().dtype());
    }
  }

  void pushConstant(DType t, double x) {
    switch (t) {
      case F32, BF16, F16 -> b.loadConstant((float) x);
      case F64 -> b.loadConstant(x);
      case I32, I8, BOOL -> b.loadConstant((int) x);
    }
  }
}
