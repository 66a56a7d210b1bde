package dev.lgc.dsl.check;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects the values of an entry while its body is elaborated. A tensor without elements (an empty
 * slice) is never computed: it is left out where tensors are joined or summed, and anything else
 * that needs elements of it is a mistake. So every value of the finished entry has elements.
 */
final class EntryBuilder {
  private static final int VALUES = 1_000_000;

  /** The number of a value without elements, which nothing has to compute. */
  private static final int NOTHING = -2;

  private record Literal(double value, DType dtype) {}

  private final Entry.Kind kind;
  private final boolean evaluating;
  private final Dimensions dimensions;
  private final List<Definition> values = new ArrayList<>();
  private final Map<String, Integer> reads = new HashMap<>();
  private final Map<Literal, Integer> literals = new HashMap<>();
  private final Deque<Instance> modules = new ArrayDeque<>();
  private int streams;
  private int step = -1;

  final Map<String, Integer> updates = new LinkedHashMap<>();
  final Map<String, Integer> outputs = new LinkedHashMap<>();
  final List<String> reports = new ArrayList<>();
  final List<String> exports = new ArrayList<>();

  /** The conditions of a generator by name, and what stands for them where they are absent. */
  final Map<String, Value.Tensor> conditions = new LinkedHashMap<>();

  final Map<String, Value.Tensor> nulls = new LinkedHashMap<>();

  EntryBuilder(Entry.Kind kind, Dimensions dimensions) {
    this(kind, false, dimensions);
  }

  /**
   * @param evaluating for an objective: nothing is being trained, so nothing is dropped
   */
  EntryBuilder(Entry.Kind kind, boolean evaluating, Dimensions dimensions) {
    this.kind = kind;
    this.evaluating = evaluating;
    this.dimensions = dimensions;
  }

  Entry.Kind kind() {
    return kind;
  }

  List<Definition> values() {
    return values;
  }

  void push(Instance i) {
    modules.push(i);
  }

  void pop() {
    modules.pop();
  }

  /** Path of the innermost sub-block being applied. */
  String module() {
    return modules.isEmpty() ? "" : modules.peek().path().toString();
  }

  /** Returns true if the current call is trained: in objectives, outside frozen sub-blocks. */
  boolean training() {
    return kind == Entry.Kind.OBJECTIVE
        && !evaluating
        && (modules.isEmpty() || !modules.peek().frozen());
  }

  int nextStream() {
    return streams++;
  }

  Value.Tensor input(String name, DType dtype, List<Dim> dims, Span at) {
    dimensions.countable(dtype, dims, at);
    TensorType type = new Value.Tensor(0, dtype, dims).type();
    if (isEmpty(dims)) {
      return new Value.Tensor(NOTHING, dtype, dims);
    }
    return new Value.Tensor(add(new Definition.Input(name, type, at.place()), at), dtype, dims);
  }

  Value.Tensor read(Storage s, Span at) {
    TensorType t = s.type();
    Integer id = reads.get(s.path());
    if (id == null) {
      id = add(new Definition.Read(s.path(), t, at.place()), at);
      reads.put(s.path(), id);
    }
    return new Value.Tensor(id, t.dtype(), t.shape().dims().stream().map(Dim::of).toList());
  }

  /** From now on, reads of this buffer see the new value. */
  void update(Storage s, Value.Tensor v) {
    updates.put(s.path(), v.id());
    reads.put(s.path(), v.id());
  }

  Value.Tensor literal(double value, DType dtype, Span at) {
    Literal key = new Literal(value, dtype);
    Integer id = literals.get(key);
    if (id == null) {
      id =
          call(
              Intrinsic.CONSTANT,
              List.of(),
              Map.of("value", value),
              new TensorType(dtype, Shape.SCALAR),
              at);
      literals.put(key, id);
    }
    return new Value.Tensor(id, dtype, List.of());
  }

  Value.Tensor step(Span at) {
    if (step < 0) {
      step = call(Intrinsic.STEP, List.of(), Map.of(), TensorType.f32(), at);
    }
    return new Value.Tensor(step, DType.F32, List.of());
  }

  Value.Tensor emit(
      Intrinsic op,
      List<Value.Tensor> operands,
      Map<String, Object> attributes,
      DType dtype,
      List<Dim> dims,
      Span at) {
    dimensions.countable(dtype, dims, at);
    if (isEmpty(dims)) {
      return new Value.Tensor(NOTHING, dtype, dims);
    }
    if (operands.stream().anyMatch(EntryBuilder::isEmpty)) {
      return withoutEmpty(op, operands, attributes, dtype, dims, at);
    }
    List<Integer> ids = operands.stream().map(Value.Tensor::id).toList();
    int id = call(op, ids, attributes, new Value.Tensor(0, dtype, dims).type(), at);
    return new Value.Tensor(id, dtype, dims);
  }

  static boolean isEmpty(Value.Tensor t) {
    return isEmpty(t.dims());
  }

  private static boolean isEmpty(List<Dim> dims) {
    return dims.stream().anyMatch(d -> d.size() == 0);
  }

  /** A result that has elements although an operand has none. */
  private Value.Tensor withoutEmpty(
      Intrinsic op,
      List<Value.Tensor> operands,
      Map<String, Object> attributes,
      DType dtype,
      List<Dim> dims,
      Span at) {
    return switch (op) {
      case CONCAT -> {
        List<Value.Tensor> some = operands.stream().filter(t -> !isEmpty(t)).toList();
        yield some.size() == 1
            ? new Value.Tensor(some.getFirst().id(), dtype, dims)
            : emit(op, some, attributes, dtype, dims, at);
      }
      case PAD -> filled((Double) attributes.get("value"), dtype, dims, at);
      case SUM -> filled(0, dtype, dims, at);
      default -> throw nothing(operands.stream().filter(EntryBuilder::isEmpty).toList(), at);
    };
  }

  private Value.Tensor filled(double value, DType dtype, List<Dim> dims, Span at) {
    Value.Tensor one = literal(value, dtype, at);
    return dims.isEmpty()
        ? one
        : emit(Intrinsic.BROADCAST, List.of(one), Map.of(), dtype, dims, at);
  }

  private Fault nothing(List<Value.Tensor> empty, Span at) {
    return new Fault(
        Diagnostic.of(Code.INVALID_SIZE, at, "this needs at least one element")
            .withFound(dimensions.show(empty.getFirst()))
            .withExpected("sizes of at least 1"));
  }

  /** The number of a value that has to exist when the entry has run. */
  int computed(Value.Tensor t, Span at) {
    if (isEmpty(t)) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, at, "a result must have elements")
              .withFound(dimensions.show(t))
              .withExpected("sizes of at least 1"));
    }
    return t.id();
  }

  /**
   * The entry that was built.
   *
   * @param over the paths of the parameters that it trains
   * @param generated how many positions it generates
   */
  Entry entry(String name, List<String> over, int generated, Span at) {
    return new Entry(
        name,
        kind,
        values,
        Collections.unmodifiableMap(outputs),
        reports,
        exports,
        Collections.unmodifiableMap(updates),
        over,
        generated,
        at.place());
  }

  /** Every number that goes into elements passes here. */
  private int call(
      Intrinsic op, List<Integer> ids, Map<String, Object> attributes, TensorType type, Span at) {
    for (Object a : attributes.values()) {
      if (a instanceof Double number) {
        Elements.fit(number, type.dtype(), at);
      }
    }
    return add(new Call(op, ids, attributes, type, module(), at.place()), at);
  }

  private int add(Definition d, Span at) {
    if (values.size() >= VALUES) {
      throw Fault.fatal(
          Diagnostic.of(
                  Code.TOO_LARGE, at, "this computation has more than " + VALUES + " operations")
              .withHint("is a loop longer than it should be?"));
    }
    values.add(d);
    return values.size() - 1;
  }
}
