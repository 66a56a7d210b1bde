package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The arguments of a call of a language function, by parameter. */
final class Operands {
  private final FunctionSignature function;
  private final Expr.Call call;
  private final Tensors tensors;
  private final Elaboration in;
  private final Map<String, Value.Arg> given;

  /**
   * The operands that the arguments of a call are.
   *
   * @param tensors makes what the function gives
   * @param in counts what the call costs
   */
  Operands(
      FunctionSignature function,
      List<Value.Arg> args,
      Expr.Call call,
      Tensors tensors,
      Elaboration in) {
    this.function = function;
    this.call = call;
    this.tensors = tensors;
    this.in = in;
    this.given = Arguments.match(function, args, call);
  }

  /** A family lists the function but has no rule for it: a mistake of ours. */
  IllegalStateException unknown() {
    return new IllegalStateException("no rule for " + name());
  }

  /** The maker of tensors. */
  Tensors tensors() {
    return tensors;
  }

  /** The entry that the call is part of. */
  EntryBuilder entry(Span at) {
    return in.entry(at);
  }

  /** Counts work that grows with a value. */
  void steps(long n) {
    in.steps(n, at());
  }

  /** Returns true if messages show names for sizes. */
  boolean hasNames() {
    return in.dimensions.hasNames();
  }

  String show(int size) {
    return in.dimensions.show(size);
  }

  String show(List<Dim> dims) {
    return in.dimensions.show(dims);
  }

  String show(Value.Tensor t) {
    return in.dimensions.show(t);
  }

  String name() {
    return function.name();
  }

  Expr.Call call() {
    return call;
  }

  Span at() {
    return call.span();
  }

  Span at(String param) {
    return given.containsKey(param) ? given.get(param).expr().span() : call.span();
  }

  boolean has(String param) {
    return given.containsKey(param) && !(given.get(param).value() instanceof Value.None);
  }

  Value value(String param) {
    return given.get(param).value();
  }

  Value.Arg arg(String param) {
    return given.get(param);
  }

  boolean anyTensor() {
    return given.values().stream().anyMatch(a -> Value.isTensor(a.value()));
  }

  Value.Tensor tensor(String param) {
    return tensors.tensor(value(param), at(param));
  }

  /** The element type of the first of these that is a tensor; static numbers beside it get it. */
  DType commonType(String... params) {
    for (String p : params) {
      if (value(p) instanceof Value.Tensor t) {
        return t.dtype();
      }
    }
    return DType.F32;
  }

  /** A tensor of floats. */
  Value.Tensor floats(String param) {
    return of(param, DType.F32);
  }

  Value.Tensor of(String param, DType dtype) {
    Value.Tensor t = tensors.tensor(value(param), dtype, at(param));
    if (t.dtype() != dtype) {
      throw new Fault(
          Diagnostic.of(
                  Code.DTYPE_MISMATCH,
                  at(param),
                  "`" + param + "` of " + name() + " must have " + dtype.keyword() + " elements")
              .withFound(in.dimensions.show(t))
              .withHint("convert it with `cast(x, " + dtype.keyword() + ")`"));
    }
    return t;
  }

  /** A tensor of that many dimensions. */
  Value.Tensor ranked(String param, DType dtype, int rank) {
    Value.Tensor t = of(param, dtype);
    if (t.rank() != rank) {
      throw new Fault(
          Diagnostic.of(
                  Code.RANK_MISMATCH,
                  at(param),
                  "`" + param + "` of " + name() + " has " + rank + " dimensions")
              .withFound(in.dimensions.show(t)));
    }
    return t;
  }

  /** True if the call leaves the parameter out, so that it has its default value. */
  private boolean isLeftOut(String param) {
    return !has(param)
        && function.parameter(param).filter(FunctionSignature.Parameter::optional).isPresent();
  }

  private String standard(String param) {
    return function
        .parameter(param)
        .flatMap(FunctionSignature.Parameter::standard)
        .orElseThrow(
            () -> new IllegalStateException(name() + " has no default value for " + param));
  }

  /** A whole number that fits 32 bits. */
  int integer(String param) {
    if (isLeftOut(param)) {
      String standard = standard(param);
      return function.parameter(standard).isPresent()
          ? integer(standard)
          : Integer.parseInt(standard);
    }
    long v = Expected.integer(value(param), at(param));
    if (v != (int) v) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, at(param), "this number is too large")
              .withFound(Long.toString(v)));
    }
    return (int) v;
  }

  /** A whole number of at least {@code least}. */
  int atLeast(String param, int least) {
    int v = integer(param);
    if (v < least) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT,
                  at(param),
                  "`" + param + "` of " + name() + " must be at least " + least)
              .withFound(Integer.toString(v)));
    }
    return v;
  }

  /** A number known before the model runs. */
  double number(String param) {
    if (isLeftOut(param)) {
      return Double.parseDouble(standard(param));
    }
    Value v = value(param);
    if (!Statics.isNumber(v)) {
      throw new Fault(
          Diagnostic.of(
                  Value.isTensor(v) ? Code.NOT_STATIC : Code.TYPE_MISMATCH,
                  at(param),
                  "`" + param + "` of " + name() + " must be a number known before the model runs")
              .withFound(Value.kind(v)));
    }
    return Statics.number(v);
  }

  /** A number known before the model runs that becomes an element of a tensor. */
  double element(String param, DType dtype) {
    return Elements.fit(number(param), dtype, at(param));
  }

  boolean flag(String param) {
    if (isLeftOut(param)) {
      return Boolean.parseBoolean(standard(param));
    }
    if (value(param) instanceof Value.Bool b) {
      return b.value();
    }
    throw new Fault(
        Diagnostic.of(
                Code.TYPE_MISMATCH, at(param), "`" + param + "` of " + name() + " must be a bool")
            .withFound(Value.kind(value(param))));
  }

  List<Value> list(String param) {
    if (value(param) instanceof Value.Items l) {
      return l.values();
    }
    throw new Fault(
        Diagnostic.of(
                Code.TYPE_MISMATCH, at(param), "`" + param + "` of " + name() + " must be a list")
            .withFound(Value.kind(value(param))));
  }

  /** A list of whole numbers. */
  List<Long> integers(String param) {
    List<Long> out = new ArrayList<>();
    for (Value v : list(param)) {
      out.add(Expected.integer(v, at(param)));
    }
    return out;
  }

  /** A list of sizes with the expressions that gave them. */
  List<Dim> dims(String param) {
    return dims(param, false);
  }

  /**
   * A list of sizes with the expressions that gave them.
   *
   * @param inferred whether -1 may stand for a size that follows from the others
   */
  List<Dim> dims(String param, boolean inferred) {
    List<Dim> out = new ArrayList<>();
    List<Value> values = list(param);
    Value.Arg a = given.get(param);
    for (int i = 0; i < values.size(); i++) {
      Optional<Expr> e =
          a.expr() instanceof Expr.ListOf l ? Optional.of(l.elements().get(i)) : Optional.empty();
      Span at = e.map(Expr::span).orElse(at(param));
      long v = Expected.integer(values.get(i), at);
      int size = v == -1 && inferred ? -1 : tensors.size(v, at);
      out.add(
          size < 0
              ? new Dim(-1, Optional.empty(), Optional.empty())
              : e.isPresent() ? Dim.of(size, e.get(), a.scope()) : Dim.of(size));
    }
    return out;
  }

  /** An axis of a tensor, counted from the front. */
  int axis(String param, int rank) {
    return axis(integer(param), rank, at(param));
  }

  int axis(long axis, int rank, Span at) {
    if (axis < -rank || axis >= rank) {
      throw new Fault(
          Diagnostic.of(Code.OUT_OF_RANGE, at, "there is no such axis")
              .withFound(Long.toString(axis))
              .withExpected(rank == 0 ? "none: this is a scalar" : -rank + " to " + (rank - 1)));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** The axes to reduce, ascending; all if none is given. */
  List<Integer> axes(int rank) {
    if (!has("axis")) {
      return IntStream.range(0, rank).boxed().toList();
    }
    List<Long> all =
        value("axis") instanceof Value.Items ? integers("axis") : List.of((long) integer("axis"));
    List<Integer> axes = all.stream().map(a -> axis(a, rank, at("axis"))).sorted().toList();
    if (axes.stream().distinct().count() != axes.size()) {
      throw new Fault(Diagnostic.of(Code.INVALID_ARGUMENT, at("axis"), "an axis is given twice"));
    }
    return axes;
  }
}
