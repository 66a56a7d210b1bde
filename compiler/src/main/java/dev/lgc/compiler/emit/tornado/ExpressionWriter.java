package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.AvailableValues;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Writes code that computes expressions into local variables, each once per scope: what has been
 * computed outside of a loop is used inside it. {@link #prepare} computes ahead of a loop what does
 * not depend on it.
 */
final class ExpressionWriter extends OperandWriter {
  private final Kernel kernel;
  private final List<? extends MemRef> buffers;
  private final Map<Integer, MemRef.Device> checks;
  private final Functions functions;
  private final Expressions expressions = new Expressions();
  private final PathConditions conditions = new PathConditions(expressions);
  private final AvailableValues<DeviceOperand> computed = new AvailableValues<>();
  private final Map<Axis, DeviceOperand> positions = new HashMap<>();
  private final Map<Integer, DeviceOperand> locals = new HashMap<>();
  private final Map<Integer, MemRef> scratch = new HashMap<>();
  private final Map<Integer, List<Integer>> extents = new HashMap<>();

  /**
   * @param checks by extent: where an index outside of an axis of that extent is told
   */
  ExpressionWriter(
      DeviceCode code,
      Kernel kernel,
      List<? extends MemRef> buffers,
      Map<Integer, MemRef.Device> checks) {
    super(code);
    this.checks = checks;
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
  DeviceOperand apart(Supplier<DeviceOperand> compute) {
    open();
    DeviceOperand v = compute.get();
    if (v instanceof DeviceOperand.Constant) {
      close();
      return v;
    }
    push(v);
    close();
    return save("local", v.dtype());
  }

  void bind(Axis axis, DeviceOperand position) {
    positions.put(axis, position);
  }

  void unbind(Axis axis) {
    positions.remove(axis);
  }

  void bindLocal(int number, DeviceOperand v) {
    locals.put(number, v);
  }

  void bindScratch(int number, List<Integer> dims, MemRef memory) {
    scratch.put(number, memory);
    extents.put(number, dims);
  }

  MemRef scratch(int number) {
    return scratch.get(number);
  }

  MemRef buffer(int number) {
    return buffers.get(number);
  }

  Functions functions() {
    return functions;
  }

  DeviceOperand position(Axis axis) {
    DeviceOperand v = positions.get(axis);
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
  DeviceOperand value(Scalar s) {
    return unique(expressions.unique(s));
  }

  private DeviceOperand unique(Scalar s) {
    if (s instanceof Scalar.Literal(DType t, double x)) {
      return new DeviceOperand.Constant(t, x);
    }
    if (s instanceof Scalar.AxisIndex(Axis axis)) {
      return position(axis);
    }
    if (s instanceof Scalar.Local l && l.index().isEmpty()) {
      return locals.get(l.number());
    }
    Optional<DeviceOperand> decided = s.dtype() == DType.BOOL ? decided(s) : Optional.empty();
    if (decided.isPresent()) {
      return decided.get();
    }
    DeviceOperand v = computed.get(s);
    if (v == null) {
      compute(s);
      v = save("v", s.dtype());
      computed.put(s, v);
    }
    return v;
  }

  /** A condition whose outcome is known here, or is that of another. */
  private Optional<DeviceOperand> decided(Scalar s) {
    Optional<Boolean> known = conditions.known(s);
    if (known.isPresent()) {
      return Optional.of(truth(known.get()));
    }
    if (!(s instanceof Scalar.Apply a)) {
      return Optional.empty();
    }
    switch (a.function()) {
      case NOT -> {
        DeviceOperand x = unique(a.operands().getFirst());
        return x instanceof DeviceOperand.Constant c
            ? Optional.of(truth(c.number() == 0))
            : Optional.empty();
      }
      case AND, OR -> {
        boolean neutral = a.function() == Function.AND;
        DeviceOperand x = unique(a.operands().get(0));
        DeviceOperand y = unique(a.operands().get(1));
        if (x instanceof DeviceOperand.Constant c) {
          return Optional.of((c.number() != 0) == neutral ? y : x);
        }
        if (y instanceof DeviceOperand.Constant c) {
          return Optional.of((c.number() != 0) == neutral ? x : y);
        }
        return Optional.empty();
      }
      default -> {
        return Optional.empty();
      }
    }
  }

  private static DeviceOperand truth(boolean holds) {
    return new DeviceOperand.Constant(DType.BOOL, holds ? 1 : 0);
  }

  private void compute(Scalar s) {
    switch (s) {
      case Scalar.Load l -> load(l);
      case Scalar.Local l -> {
        DeviceOperand at = linear(l.index(), extents.get(l.number()));
        scratch.get(l.number()).load(code, pusher(at));
      }
      case Scalar.Uniform u -> {
        List<DeviceOperand> operands = u.children().stream().map(this::unique).toList();
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
    MemRef from = buffers.get(l.operand());
    Scalar index = l.index().getFirst();
    if (l.guard().isEmpty()) {
      DeviceOperand at = unique(index);
      from.load(code, pusher(at));
      return;
    }
    Scalar guard = l.guard().get();
    Runnable load = () -> from.load(code, pusher(unique(index)));
    branch(guard, load, () -> pushConstant(l.dtype(), l.otherwise()));
  }

  /** Pushes one of two values; where the condition is known only that is emitted. */
  private void branch(Scalar condition, Runnable one, Runnable other) {
    DeviceOperand v = unique(condition);
    if (v instanceof DeviceOperand.Constant c) {
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
    if (!(unique(condition) instanceof DeviceOperand.Constant)) {
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
    DeviceOperand index = unique(a.operands().getFirst());
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
    conditions.open(condition, truth);
    body.run();
    conditions.close();
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
  DeviceOperand linear(List<Scalar> index, List<Integer> dims) {
    return value(Expressions.linear(index, dims));
  }

  /** Binds axes to the digits of a linear position, the last axis fastest. */
  void bindDigits(List<Axis> axes, DeviceOperand position) {
    long all = Axis.positions(axes);
    long below = all;
    for (Axis axis : axes) {
      boolean first = below == all;
      below /= axis.extent();
      bind(axis, digit("i" + axis.number(), position, (int) below, axis.extent(), first));
    }
  }

  /** Stores an element where a target says, its axes bound. */
  void store(Stage.Target.Store target, DeviceOperand v) {
    DeviceOperand at = value(target.index());
    buffer(target.buffer()).store(code, pusher(at), pusher(v));
  }
}
