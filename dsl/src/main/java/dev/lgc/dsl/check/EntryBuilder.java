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
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects the values of an entry while its body is elaborated. */
final class EntryBuilder {
  private static final int VALUES = 1_000_000;

  private record Literal(double value, DType dtype) {}

  private final Entry.Kind kind;
  private final boolean evaluating;
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
  final Map<String, Value.Tensor> nulls = new LinkedHashMap<>();

  EntryBuilder(Entry.Kind kind) {
    this(kind, false);
  }

  /**
   * @param evaluating for an objective: nothing is being trained, so nothing is dropped
   */
  EntryBuilder(Entry.Kind kind, boolean evaluating) {
    this.kind = kind;
    this.evaluating = evaluating;
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

  /** Whether what is applied now is being trained: in objectives, outside frozen sub-blocks. */
  boolean training() {
    return kind == Entry.Kind.OBJECTIVE
        && !evaluating
        && (modules.isEmpty() || !modules.peek().frozen());
  }

  int nextStream() {
    return streams++;
  }

  Value.Tensor input(String name, DType dtype, List<Dim> dims, Span at) {
    TensorType type = new Value.Tensor(0, dtype, dims).type();
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
    long n = 1;
    for (Dim d : dims) {
      n = Math.multiplyHigh(n, d.size()) != 0 ? Long.MAX_VALUE : n * d.size();
      if (n < 0 || n > Long.MAX_VALUE / 8) {
        throw new Fault(
            Diagnostic.of(
                    Code.INVALID_SIZE, at, "this tensor has more elements than can be counted")
                .withFound(new Value.Tensor(0, dtype, dims).type().toString()));
      }
    }
    List<Integer> ids = operands.stream().map(Value.Tensor::id).toList();
    int id = call(op, ids, attributes, new Value.Tensor(0, dtype, dims).type(), at);
    return new Value.Tensor(id, dtype, dims);
  }

  private int call(
      Intrinsic op, List<Integer> ids, Map<String, Object> attributes, TensorType type, Span at) {
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
