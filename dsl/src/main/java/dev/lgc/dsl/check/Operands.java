package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.resolve.Builtins;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The arguments of a function of the language, by name. */
final class Operands {
  private final Elaboration in;
  private final String name;
  private final Expr.Call call;
  private final Map<String, Value.Arg> given = new LinkedHashMap<>();

  Operands(Elaboration in, String name, List<Value.Arg> args, Expr.Call call) {
    this.in = in;
    this.name = name;
    this.call = call;
    List<String> params = Builtins.parameters(name);
    List<String> names = params.stream().map(p -> p.replace("?", "")).toList();
    int position = 0;
    for (Value.Arg a : args) {
      String key;
      if (a.name().isPresent()) {
        key = a.name().get().text();
        if (!names.contains(key)) {
          throw new Fault(
              Diagnostic.of(
                      Code.UNKNOWN_ARGUMENT,
                      a.name().get().span(),
                      name + " has no parameter `" + key + "`")
                  .withExpected(signature())
                  .withNear(NearNames.of(key, names)));
        }
      } else {
        if (position >= names.size()) {
          throw new Fault(
              Diagnostic.of(
                      Code.TOO_MANY_ARGUMENTS, a.expr().span(), "too many arguments for " + name)
                  .withExpected(signature()));
        }
        key = names.get(position++);
      }
      if (a.value() instanceof Value.Poison) {
        throw Fault.silent();
      }
      if (given.put(key, a) != null) {
        throw new Fault(
            Diagnostic.of(
                Code.TOO_MANY_ARGUMENTS,
                a.expr().span(),
                "`" + key + "` of " + name + " is given twice"));
      }
    }
    for (String p : params) {
      if (!p.endsWith("?") && !given.containsKey(p)) {
        throw new Fault(
            Diagnostic.of(
                    Code.MISSING_ARGUMENT, call.span(), name + " needs an argument for `" + p + "`")
                .withExpected(signature()));
      }
    }
  }

  private String signature() {
    return name + "(" + String.join(", ", Builtins.parameters(name)) + ")";
  }

  String name() {
    return name;
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
    return given.values().stream().anyMatch(a -> Evaluator.isTensor(a.value()));
  }

  Value.Tensor tensor(String param) {
    return in.tensors.tensor(value(param), at(param));
  }

  /** A tensor of floats. */
  Value.Tensor floats(String param) {
    return of(param, DType.F32);
  }

  Value.Tensor of(String param, DType dtype) {
    Value.Tensor t = in.tensors.tensor(value(param), dtype, at(param));
    if (t.dtype() != dtype) {
      throw new Fault(
          Diagnostic.of(
                  Code.DTYPE_MISMATCH,
                  at(param),
                  "`" + param + "` of " + name + " must have " + dtype.keyword() + " elements")
              .withFound(in.tensors.show(t))
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
                  "`" + param + "` of " + name + " has " + rank + " dimensions")
              .withFound(in.tensors.show(t)));
    }
    return t;
  }

  int integer(String param, int standard) {
    return has(param) ? integer(param) : standard;
  }

  int integer(String param) {
    long v = Evaluator.integer(value(param), at(param));
    if (v != (int) v) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, at(param), "this number is too large")
              .withFound(Long.toString(v)));
    }
    return (int) v;
  }

  /** A whole number of at least {@code least}. */
  int atLeast(String param, int least, int standard) {
    int v = integer(param, standard);
    if (v < least) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT,
                  at(param),
                  "`" + param + "` of " + name + " must be at least " + least)
              .withFound(Integer.toString(v)));
    }
    return v;
  }

  double number(String param, double standard) {
    if (!has(param)) {
      return standard;
    }
    Value v = value(param);
    if (!Statics.isNumber(v)) {
      throw new Fault(
          Diagnostic.of(
                  Evaluator.isTensor(v) ? Code.NOT_STATIC : Code.TYPE_MISMATCH,
                  at(param),
                  "`" + param + "` of " + name + " must be a number known before the model runs")
              .withFound(Value.kind(v)));
    }
    return Statics.number(v);
  }

  /** A number known before the model runs that becomes an element of a tensor. */
  double element(String param, double standard, DType dtype) {
    return Elements.fit(number(param, standard), dtype, at(param));
  }

  boolean flag(String param, boolean standard) {
    if (!has(param)) {
      return standard;
    }
    if (value(param) instanceof Value.Bool b) {
      return b.value();
    }
    throw new Fault(
        Diagnostic.of(
                Code.TYPE_MISMATCH, at(param), "`" + param + "` of " + name + " must be a bool")
            .withFound(Value.kind(value(param))));
  }

  List<Value> list(String param) {
    if (value(param) instanceof Value.Items l) {
      return l.values();
    }
    throw new Fault(
        Diagnostic.of(
                Code.TYPE_MISMATCH, at(param), "`" + param + "` of " + name + " must be a list")
            .withFound(Value.kind(value(param))));
  }

  /** A list of whole numbers. */
  List<Long> integers(String param) {
    List<Long> out = new ArrayList<>();
    for (Value v : list(param)) {
      out.add(Evaluator.integer(v, at(param)));
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
      long v = Evaluator.integer(values.get(i), at);
      int size = v == -1 && inferred ? -1 : in.tensors.size(v, at);
      out.add(
          size < 0
              ? new Dim(-1, Optional.empty(), Optional.empty())
              : e.isPresent() ? Dim.of(size, e.get(), a.scope()) : Dim.of(size));
    }
    return out;
  }

  /** An axis of a tensor, counted from the front. */
  int axis(String param, int rank, int standard) {
    return has(param) ? axis(integer(param), rank, at(param)) : axis(standard, rank, at());
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
      return java.util.stream.IntStream.range(0, rank).boxed().toList();
    }
    List<Long> all =
        value("axis") instanceof Value.Items ? integers("axis") : List.of((long) integer("axis"));
    List<Integer> axes = all.stream().map(a -> axis(a, rank, at("axis"))).sorted().toList();
    if (axes.stream().distinct().count() != axes.size()) {
      throw new Fault(Diagnostic.of(Code.INVALID_ARGUMENT, at("axis"), "an axis stands twice"));
    }
    return axes;
  }
}
