package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Computed;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Computes expressions into local variables, each once per scope: what has been computed outside of
 * a loop is used inside it. {@link #prepare} computes ahead of a loop what does not depend on it.
 */
final class Evaluator {
  final Code code;
  private final CodeBuilder b;
  private final Kernel kernel;
  private final List<? extends Memory> buffers;
  private final Map<Integer, Memory.Device> checks;
  private final Functions functions;
  private final Expressions expressions = new Expressions();
  private final Facts facts = new Facts(expressions);
  private final Computed<Value> computed = new Computed<>();
  private final Map<Axis, Value> positions = new HashMap<>();
  private final Map<Integer, Value> locals = new HashMap<>();
  private final Map<Integer, Memory> scratch = new HashMap<>();
  private final Map<Integer, List<Integer>> extents = new HashMap<>();

  /**
   * @param checks by extent: where an index outside of an axis of that extent is told
   */
  Evaluator(
      Code code,
      Kernel kernel,
      List<? extends Memory> buffers,
      Map<Integer, Memory.Device> checks) {
    this.checks = checks;
    this.code = code;
    this.b = code.b;
    this.kernel = kernel;
    this.buffers = buffers;
    functions = new Functions(code);
    open();
  }

  void open() {
    computed.open();
    code.open();
  }

  void close() {
    code.close();
    computed.close();
  }

  /** A value computed in a scope of its own: what it loaded may be changed later. */
  Value apart(Supplier<Value> compute) {
    open();
    Value v = compute.get();
    if (v instanceof Value.Constant) {
      close();
      return v;
    }
    push(v);
    close();
    return save("local", v.dtype());
  }

  void bind(Axis axis, Value position) {
    positions.put(axis, position);
  }

  void unbind(Axis axis) {
    positions.remove(axis);
  }

  void bindLocal(int number, Value v) {
    locals.put(number, v);
  }

  void bindScratch(int number, List<Integer> dims, Memory memory) {
    scratch.put(number, memory);
    extents.put(number, dims);
  }

  Memory scratch(int number) {
    return scratch.get(number);
  }

  Memory buffer(int number) {
    return buffers.get(number);
  }

  Functions functions() {
    return functions;
  }

  Value position(Axis axis) {
    Value v = positions.get(axis);
    if (v == null) {
      throw new IllegalStateException("axis " + axis.number() + " in no loop of " + kernel.name());
    }
    return v;
  }

  /** Computes ahead whatever depends only on what is bound now and is always safe to compute. */
  void prepare(Scalar s) {
    prepareUnique(expressions.unique(s));
  }

  private void prepareUnique(Scalar s) {
    if (s instanceof Scalar.Literal || s instanceof Scalar.AxisIndex || computed.get(s) != null) {
      return;
    }
    boolean bound = expressions.axes(s).stream().allMatch(positions::containsKey);
    if (bound && Expressions.isStable(s, kernel, locals::containsKey)) {
      unique(s);
      return;
    }
    if (s instanceof Scalar.Load l && l.guard().isPresent()) {
      prepareUnique(l.guard().get());
      if (Expressions.isDynamic(l.index().getFirst())) {
        return;
      }
    }
    s.children().forEach(this::prepareUnique);
  }

  /** The value of an expression, computed now if it was not yet. */
  Value value(Scalar s) {
    return unique(expressions.unique(s));
  }

  private Value unique(Scalar s) {
    if (s instanceof Scalar.Literal(DType t, double x)) {
      return new Value.Constant(t, x);
    }
    if (s instanceof Scalar.AxisIndex(Axis axis)) {
      return position(axis);
    }
    if (s instanceof Scalar.Local l && l.index().isEmpty()) {
      return locals.get(l.number());
    }
    Optional<Value> decided = s.dtype() == DType.BOOL ? decided(s) : Optional.empty();
    if (decided.isPresent()) {
      return decided.get();
    }
    Value v = computed.get(s);
    if (v == null) {
      compute(s);
      v = save("v", s.dtype());
      computed.put(s, v);
    }
    return v;
  }

  /** A condition whose outcome is known here, or is that of another. */
  private Optional<Value> decided(Scalar s) {
    Optional<Boolean> known = facts.known(s);
    if (known.isPresent()) {
      return Optional.of(truth(known.get()));
    }
    if (!(s instanceof Scalar.Apply a)) {
      return Optional.empty();
    }
    switch (a.function()) {
      case NOT -> {
        Value x = unique(a.operands().getFirst());
        return x instanceof Value.Constant c
            ? Optional.of(truth(c.number() == 0))
            : Optional.empty();
      }
      case AND, OR -> {
        boolean neutral = a.function() == Function.AND;
        Value x = unique(a.operands().get(0));
        Value y = unique(a.operands().get(1));
        if (x instanceof Value.Constant c) {
          return Optional.of((c.number() != 0) == neutral ? y : x);
        }
        if (y instanceof Value.Constant c) {
          return Optional.of((c.number() != 0) == neutral ? x : y);
        }
        return Optional.empty();
      }
      default -> {
        return Optional.empty();
      }
    }
  }

  private static Value truth(boolean holds) {
    return new Value.Constant(DType.BOOL, holds ? 1 : 0);
  }

  private void compute(Scalar s) {
    switch (s) {
      case Scalar.Load l -> load(l);
      case Scalar.Local l -> {
        Value at = linear(l.index(), extents.get(l.number()));
        scratch.get(l.number()).load(code, pusher(at));
      }
      case Scalar.Uniform u -> {
        List<Value> operands = u.children().stream().map(this::unique).toList();
        operands.forEach(this::push);
        code.call(Helper.UNIFORM);
      }
      case Scalar.Apply a when a.function() == Function.SELECT -> select(a);
      case Scalar.Apply a when a.function() == Function.CHECK_INDEX -> checkIndex(a);
      case Scalar.Apply a -> {
        List<Runnable> x = a.operands().stream().map(this::unique).map(this::pusher).toList();
        Functions.Sign sign = Signs.of(a.operands().getFirst());
        functions.apply(a.function(), a.operands().getFirst().dtype(), a.dtype(), sign, x);
      }
      case Scalar.Literal _ -> throw new IllegalStateException();
      case Scalar.AxisIndex _ -> throw new IllegalStateException();
    }
  }

  private void load(Scalar.Load l) {
    Memory from = buffers.get(l.operand());
    Scalar index = l.index().getFirst();
    if (l.guard().isEmpty()) {
      Value at = unique(index);
      from.load(code, pusher(at));
      return;
    }
    Scalar guard = l.guard().get();
    Runnable load = () -> from.load(code, pusher(unique(index)));
    branch(guard, load, () -> pushConstant(l.dtype(), l.otherwise()));
  }

  /** Pushes one of two values; where the condition is known only that is emitted. */
  private void branch(Scalar condition, Runnable one, Runnable other) {
    Value v = unique(condition);
    if (v instanceof Value.Constant c) {
      (c.number() != 0 ? one : other).run();
    } else {
      code.either(
          pusher(v), () -> inBranch(condition, true, one), () -> inBranch(condition, false, other));
    }
  }

  /** Only the branch that is taken reads memory; what both need is computed before. */
  private void select(Scalar.Apply a) {
    Scalar condition = a.operands().getFirst();
    Scalar one = a.operands().get(1);
    Scalar other = a.operands().get(2);
    if (!(unique(condition) instanceof Value.Constant)) {
      if (isCheap(one)) {
        unique(one);
      }
      if (isCheap(other)) {
        unique(other);
      }
    }
    branch(condition, () -> push(unique(one)), () -> push(unique(other)));
  }

  /** The index, or 0 where that is outside: then the host finds it in the check's cell. */
  private void checkIndex(Scalar.Apply a) {
    Value index = unique(a.operands().getFirst());
    int extent = (int) ((Scalar.Literal) a.operands().get(1)).value();
    code.either(
        () -> {
          functions.compare(Function.LE, DType.I32, b::iconst_0, pusher(index));
          functions.compare(Function.LT, DType.I32, pusher(index), () -> b.loadConstant(extent));
          b.iand();
        },
        pusher(index),
        () -> {
          checks.get(extent).store(code, b::iconst_0, pusher(index));
          b.iconst_0();
        });
  }

  private void inBranch(Scalar condition, boolean truth, Runnable body) {
    computed.open();
    facts.open(condition, truth);
    body.run();
    facts.close();
    computed.close();
  }

  private boolean isCheap(Scalar s) {
    if (computed.get(s) != null) {
      return true;
    }
    return switch (s) {
      case Scalar.Load _ -> false;
      case Scalar.Uniform _ -> false;
      case Scalar.Apply a -> a.operands().stream().allMatch(this::isCheap);
      case Scalar.Local l -> l.index().isEmpty();
      case Scalar.Literal _ -> true;
      case Scalar.AxisIndex _ -> true;
    };
  }

  /** The linear index of an element of a scratch array. */
  Value linear(List<Scalar> index, List<Integer> dims) {
    return value(Expressions.linear(index, dims));
  }

  // Pushing and saving.

  Value.Held save(String name, DType type) {
    return new Value.Held(type, code.save(name, Names.element(type)));
  }

  Runnable pusher(Value v) {
    return () -> push(v);
  }

  void push(Value v) {
    switch (v) {
      case Value.Held h -> code.push(h.variable());
      case Value.Constant c -> pushConstant(c.dtype(), c.number());
    }
  }

  void pushConstant(DType type, double x) {
    if (type.isFloat()) {
      b.loadConstant((float) x);
    } else {
      b.loadConstant((int) x);
    }
  }

  /** Pushes {@code v + constant}. */
  void pushSum(Value v, int constant) {
    push(v);
    b.loadConstant(constant);
    b.iadd();
  }

  /** Adds {@code x · y}, rounded, to a sum: TornadoVM compiles no fused multiply-add. */
  void addProduct(Value.Held sum, Value x, Value y) {
    push(sum);
    push(x);
    push(y);
    b.fmul();
    b.fadd();
    code.set(sum.variable());
  }

  /** Binds axes to the digits of a linear position, the last axis fastest. */
  void bindDigits(List<Axis> axes, Value position) {
    long all = Axis.positions(axes);
    long below = all;
    for (Axis axis : axes) {
      boolean first = below == all;
      below /= axis.extent();
      bind(axis, digit("i" + axis.number(), position, (int) below, axis.extent(), first));
    }
  }

  /** {@code position / below % extent}. */
  Value digit(String name, Value position, int below, int extent) {
    return digit(name, position, below, extent, false);
  }

  /**
   * @param first whether the quotient is below {@code extent} anyway
   */
  Value digit(String name, Value position, int below, int extent, boolean first) {
    if (extent == 1) {
      return Value.Constant.index(0);
    }
    if (position instanceof Value.Constant c) {
      int digit = (int) c.number() / below;
      return Value.Constant.index(first ? digit : digit % extent);
    }
    if (below == 1 && first) {
      return position;
    }
    push(position);
    if (below > 1) {
      b.loadConstant(below);
      b.idiv();
    }
    if (!first) {
      b.loadConstant(extent);
      b.irem();
    }
    return save(name, DType.I32);
  }

  /** Stores an element where a target says, its axes bound. */
  void store(Stage.Target.Store target, Value v) {
    Value at = value(target.index());
    buffer(target.buffer()).store(code, pusher(at), pusher(v));
  }
}
