package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Functions that make one element of many, and softmax, which sees many for each. */
final class ReductionFunctions {
  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Reductions",
          "`axis` is one axis or a list of axes; without it, all axes are reduced. `keep: true`"
              + " keeps each reduced axis with size 1.",
          ReductionFunctions::value,
          function("sum(x, axis?, keep: false)", "the sum; also of a static list"),
          function("mean(x, axis?, keep: false)", "the mean; also of a static list"),
          function(
              "max(a, b?, axis?, keep: false)",
              "the largest element, or the larger of two, element by element; also of static"
                  + " numbers and of a static list"),
          function(
              "min(a, b?, axis?, keep: false)",
              "the smallest element, or the smaller of two, element by element; also of static"
                  + " numbers and of a static list"),
          function("logsumexp(x, axis?, keep: false)", "the logarithm of the sum of exponentials"),
          function("argmax(x, axis, keep: false)", "the index of the first largest element"),
          function("argmin(x, axis, keep: false)", "the index of the first smallest element"),
          function("softmax(x, axis: -1)", "`exp(x)` divided by its sum along `axis`"),
          function("log_softmax(x, axis: -1)", "the logarithm of `softmax`"));

  private ReductionFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "sum" -> o.value("x") instanceof Value.Items l ? total(o, l) : sum(o);
      case "mean" ->
          o.value("x") instanceof Value.Items l
              ? new Value.Real(Statics.number(total(o, l)) / Math.max(1, l.values().size()))
              : floats(o, Intrinsic.MEAN);
      case "max" -> extreme(o, Intrinsic.MAX, Intrinsic.REDUCE_MAX, 1);
      case "min" -> extreme(o, Intrinsic.MIN, Intrinsic.REDUCE_MIN, -1);
      case "logsumexp" -> floats(o, Intrinsic.LOGSUMEXP);
      case "argmax" -> position(o, Intrinsic.ARGMAX);
      case "argmin" -> position(o, Intrinsic.ARGMIN);
      case "softmax" -> alongAxis(o, Intrinsic.SOFTMAX);
      case "log_softmax" -> alongAxis(o, Intrinsic.LOG_SOFTMAX);
      default -> throw o.unknown();
    };
  }

  private static Value total(Operands o, Value.Items list) {
    Value total = new Value.Int(0);
    o.steps(list.values().size());
    Expr.Binary add = new Expr.Binary(Expr.BinaryOp.ADD, o.call(), o.call(), o.at());
    for (Value v : list.values()) {
      total = Statics.binary(Expr.BinaryOp.ADD, total, v, add);
    }
    return total;
  }

  private static Value sum(Operands o) {
    Value.Tensor x = o.tensor("x");
    if (x.dtype() == DType.BOOL) {
      throw new Fault(
          Diagnostic.of(Code.DTYPE_MISMATCH, o.at("x"), "bools have no sum")
              .withFound(o.show(x))
              .withHint("convert them with `cast(x, int)`"));
    }
    return reduce(Intrinsic.SUM, x, o.axes(x.rank()), o, x.dtype());
  }

  private static Value floats(Operands o, Intrinsic op) {
    Value.Tensor x = o.floats("x");
    return reduce(op, x, o.axes(x.rank()), o, x.dtype());
  }

  private static Value position(Operands o, Intrinsic op) {
    Value.Tensor x = o.tensor("x");
    return reduce(op, x, List.of(o.axis("axis", x.rank())), o, DType.I32);
  }

  private static Value alongAxis(Operands o, Intrinsic op) {
    Value.Tensor x = o.floats("x");
    int axis = o.axis("axis", x.rank());
    return o.tensors().emit(op, List.of(x), Map.of("axis", axis), DType.F32, x.dims(), o.at());
  }

  private static Value extreme(Operands o, Intrinsic ofTwo, Intrinsic overAxes, int sign) {
    if (!o.anyTensor()) {
      List<Value> all = o.has("b") ? List.of(o.value("a"), o.value("b")) : o.list("a");
      return extreme(o, all, sign);
    }
    if (o.has("b")) {
      DType want = o.commonType("a", "b");
      Value.Tensor a = o.tensors().tensor(o.value("a"), want, o.at("a"));
      Value.Tensor b = o.tensors().tensor(o.value("b"), want, o.at("b"));
      return o.tensors().elementwise(ofTwo, a, b, o.at());
    }
    Value.Tensor x = o.tensor("a");
    return reduce(overAxes, x, o.axes(x.rank()), o, x.dtype());
  }

  /** The first of static numbers that no other exceeds in the direction of {@code sign}. */
  static Value extreme(Operands o, List<Value> all, int sign) {
    o.steps(all.size());
    Optional<Value> other = all.stream().filter(v -> !Statics.isNumber(v)).findFirst();
    if (all.isEmpty() || other.isPresent()) {
      throw new Fault(
          Diagnostic.of(Code.TYPE_MISMATCH, o.at(), o.name() + " needs numbers")
              .withFound(other.map(Value::kind).orElse("an empty list")));
    }
    Value best = all.getFirst();
    for (Value v : all) {
      best = Statics.compare(v, best) * sign > 0 ? v : best;
    }
    return best;
  }

  private static Value.Tensor reduce(
      Intrinsic op, Value.Tensor x, List<Integer> axes, Operands o, DType dtype) {
    boolean keep = o.flag("keep");
    List<Dim> dims = new ArrayList<>();
    for (int i = 0; i < x.rank(); i++) {
      if (!axes.contains(i)) {
        dims.add(x.dims().get(i));
      } else if (keep) {
        dims.add(Dim.of(1));
      }
      if (axes.contains(i) && x.dims().get(i).size() == 0 && op != Intrinsic.SUM) {
        throw new Fault(
            Diagnostic.of(Code.INVALID_SIZE, o.at(), o.name() + " of nothing")
                .withFound(o.show(x)));
      }
    }
    return o.tensors()
        .emit(op, List.of(x), Map.of("axes", axes, "keep", keep), dtype, dims, o.at());
  }
}
