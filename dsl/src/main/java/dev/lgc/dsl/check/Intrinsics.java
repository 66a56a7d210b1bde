package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The functions of the language: elementwise, static, initial values, random; the others are
 * delegated.
 */
final class Intrinsics {
  private final Elaboration in;
  private final Movement movement;
  private final Contractions contractions;

  Intrinsics(Elaboration in) {
    this.in = in;
    this.movement = new Movement(in);
    this.contractions = new Contractions(in);
  }

  Value call(String name, List<Value.Arg> args, Expr.Call call, Scope scope) {
    Operands o = new Operands(in, name, args, call);
    return switch (name) {
      case "exp",
          "log",
          "sqrt",
          "rsqrt",
          "sin",
          "cos",
          "tanh",
          "sigmoid",
          "silu",
          "relu",
          "gelu",
          "softplus",
          "abs",
          "floor" ->
          o.anyTensor() ? unary(o) : number(o);
      case "ceil", "round", "int", "float" -> number(o);
      case "leaky_relu" -> {
        Value.Tensor x = o.floats("x");
        yield in.tensors.emit(
            Intrinsic.LEAKY_RELU,
            List.of(x),
            Map.of("slope", o.element("slope", 0.01, DType.F32)),
            DType.F32,
            x.dims(),
            o.at());
      }
      case "pow" ->
          o.anyTensor()
              ? in.tensors.elementwise(Intrinsic.POW, o.floats("x"), o.floats("y"), o.at())
              : power(o);
      case "min", "max" -> extreme(o);
      case "where" -> where(o);
      case "cast" -> cast(o);
      case "sum", "mean", "logsumexp" -> reduction(o);
      case "argmax", "argmin" -> {
        Value.Tensor x = o.tensor("x");
        yield reduce(
            Intrinsic.valueOf(name.toUpperCase(Locale.ROOT)),
            x,
            List.of(o.axis("axis", x.rank(), -1)),
            o,
            DType.I32);
      }
      case "softmax", "log_softmax" -> {
        Value.Tensor x = o.floats("x");
        int axis = o.axis("axis", x.rank(), -1);
        yield in.tensors.emit(
            Intrinsic.valueOf(name.toUpperCase(Locale.ROOT)),
            List.of(x),
            Map.of("axis", axis),
            DType.F32,
            x.dims(),
            o.at());
      }
      case "reshape",
          "transpose",
          "concat",
          "split",
          "broadcast",
          "pad",
          "upsample_nearest",
          "gather",
          "pick",
          "full",
          "zeros",
          "ones" ->
          movement.call(o);
      case "matmul", "einsum", "linear", "conv2d", "max_pool2d", "avg_pool2d", "attend", "rotate" ->
          contractions.call(o);
      case "iota" -> {
        int n = in.tensors.size(o.integer("n"), o.at("n"));
        yield in.tensors.emit(
            Intrinsic.IOTA,
            List.of(),
            Map.of(),
            DType.I32,
            List.of(Dim.of(n, o.arg("n").expr(), o.arg("n").scope())),
            o.at());
      }
      case "uniform" ->
          o.value("low") instanceof Value.Items ? uniform(o.dims("low"), o.at()) : init(o);
      case "constant", "normal", "xavier_uniform", "kaiming_uniform" -> init(o);
      case "dropout" -> {
        Value.Tensor x = o.floats("x");
        yield drop(o, x, x.dims());
      }
      case "drop_path" -> {
        Value.Tensor x = o.floats("x");
        List<Dim> dims = new ArrayList<>(Collections.nCopies(x.rank(), Dim.of(1)));
        if (x.rank() > 0) {
          dims.set(0, x.dims().getFirst());
        }
        yield drop(o, x, dims);
      }
      case "stop_gradient" -> in.tensors.emit(Intrinsic.STOP_GRADIENT, o.tensor("x"), o.at());
      case "straight_through" -> {
        Value.Tensor x = o.floats("x");
        Value.Tensor q = o.floats("q");
        if (!x.shape().equals(q.shape())) {
          throw new Fault(
              Diagnostic.of(Code.SHAPE_MISMATCH, o.at(), "straight_through needs two equal shapes")
                  .withFound(in.tensors.show(x) + " and " + in.tensors.show(q)));
        }
        yield in.tensors.emit(
            Intrinsic.STRAIGHT_THROUGH, List.of(x, q), Map.of(), DType.F32, x.dims(), o.at());
      }
      case "gradient" -> gradient(o);
      case "round_up" -> {
        long m = o.atLeast("multiple", 1, 1);
        long x = Evaluator.integer(o.value("x"), o.at("x"));
        yield integer(
            () -> Math.multiplyExact(Math.floorDiv(Math.addExact(x, m - 1), m), m), o.at());
      }
      case "ceil_div" -> {
        long b = Evaluator.integer(o.value("b"), o.at("b"));
        if (b == 0) {
          throw new Fault(Diagnostic.of(Code.DIVISION_BY_ZERO, o.at(), "division by zero"));
        }
        yield integer(
            () -> Math.ceilDivExact(Evaluator.integer(o.value("a"), o.at("a")), b), o.at());
      }
      case "len" -> new Value.Int(o.list("list").size());
      case "reversed" -> {
        in.steps(o.list("list").size(), o.at());
        yield new Value.Items(false, o.list("list").reversed());
      }
      case "contains" -> {
        in.steps(o.value("list").size(), o.at());
        yield new Value.Bool(o.list("list").stream().anyMatch(v -> v.equals(o.value("x"))));
      }
      default -> throw new IllegalStateException("no function " + name);
    };
  }

  private interface Whole {
    long get();
  }

  private static Value integer(Whole f, Span at) {
    try {
      return new Value.Int(f.get());
    } catch (ArithmeticException e) {
      throw new Fault(
          Diagnostic.of(Code.INTEGER_OVERFLOW, at, "this whole number does not fit 64 bits"));
    }
  }

  private static Value power(Operands o) {
    if (o.value("x") instanceof Value.Int x
        && o.value("y") instanceof Value.Int y
        && y.value() >= 0) {
      if (x.value() >= -1 && x.value() <= 1) {
        return new Value.Int(
            y.value() == 0 ? 1 : y.value() % 2 == 0 ? Math.abs(x.value()) : x.value());
      }
      return integer(
          () -> {
            long p = 1;
            for (long i = 0; i < y.value(); i++) {
              p = Math.multiplyExact(p, x.value());
            }
            return p;
          },
          o.at());
    }
    double p = Math.pow(o.number("x", 0), o.number("y", 0));
    if (!Double.isFinite(p)) {
      throw new Fault(Diagnostic.of(Code.INVALID_NUMBER, o.at(), "this power is not a number"));
    }
    return new Value.Real(p);
  }

  private Value unary(Operands o) {
    Intrinsic op = Intrinsic.valueOf(o.name().toUpperCase(Locale.ROOT));
    Value.Tensor x = op == Intrinsic.ABS ? o.tensor("x") : o.floats("x");
    return in.tensors.emit(op, x, o.at());
  }

  private static Value number(Operands o) {
    if (o.name().equals("abs") && o.value("x") instanceof Value.Int i) {
      return integer(() -> Math.absExact(i.value()), o.at());
    }
    double x = o.number("x", 0);
    double y =
        switch (o.name()) {
          case "exp" -> Math.exp(x);
          case "log" -> Math.log(x);
          case "sqrt" -> Math.sqrt(x);
          case "rsqrt" -> 1 / Math.sqrt(x);
          case "sin" -> Math.sin(x);
          case "cos" -> Math.cos(x);
          case "tanh" -> Math.tanh(x);
          case "sigmoid" -> 1 / (1 + Math.exp(-x));
          case "silu" -> x / (1 + Math.exp(-x));
          case "relu" -> Math.max(0, x);
          case "gelu" ->
              0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
          case "softplus" -> Math.log1p(Math.exp(x));
          case "abs" -> Math.abs(x);
          case "floor" -> Math.floor(x);
          case "ceil" -> Math.ceil(x);
          case "round" -> Math.rint(x);
          case "int" -> x < 0 ? Math.ceil(x) : Math.floor(x);
          default -> x;
        };
    if (Double.isNaN(y) || Double.isInfinite(y) && !Double.isInfinite(x)) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_NUMBER, o.at(), o.name() + " of this is not a number")
              .withFound(Value.render(o.value("x"))));
    }
    boolean whole = List.of("floor", "ceil", "round", "int").contains(o.name());
    if (whole && Math.abs(y) > 0x1p62) {
      throw new Fault(
          Diagnostic.of(Code.INTEGER_OVERFLOW, o.at(), "this whole number does not fit 64 bits"));
    }
    return whole ? new Value.Int((long) y) : new Value.Real(y);
  }

  private Value extreme(Operands o) {
    boolean max = o.name().equals("max");
    if (!o.anyTensor()) {
      List<Value> all = o.has("b") ? List.of(o.value("a"), o.value("b")) : o.list("a");
      in.steps(all.size(), o.at());
      if (all.isEmpty() || !all.stream().allMatch(Statics::isNumber)) {
        throw new Fault(
            Diagnostic.of(Code.TYPE_MISMATCH, o.at(), o.name() + " needs numbers")
                .withFound(all.isEmpty() ? "an empty list" : Value.kind(all.getFirst())));
      }
      Value best = all.getFirst();
      for (Value v : all) {
        int order = Statics.compare(v, best);
        best = max && order > 0 || !max && order < 0 ? v : best;
      }
      return best;
    }
    if (o.has("b")) {
      DType want =
          o.value("a") instanceof Value.Tensor t
              ? t.dtype()
              : o.value("b") instanceof Value.Tensor t ? t.dtype() : DType.F32;
      Value.Tensor a = in.tensors.tensor(o.value("a"), want, o.at("a"));
      Value.Tensor b = in.tensors.tensor(o.value("b"), want, o.at("b"));
      return in.tensors.elementwise(max ? Intrinsic.MAX : Intrinsic.MIN, a, b, o.at());
    }
    Value.Tensor x = o.tensor("a");
    return reduce(
        max ? Intrinsic.REDUCE_MAX : Intrinsic.REDUCE_MIN, x, o.axes(x.rank()), o, x.dtype());
  }

  private Value reduction(Operands o) {
    if (o.value("x") instanceof Value.Items l) {
      Value total = new Value.Int(0);
      in.steps(l.values().size(), o.at());
      for (Value v : l.values()) {
        total =
            Statics.binary(
                Expr.BinaryOp.ADD,
                total,
                v,
                new Expr.Binary(Expr.BinaryOp.ADD, o.call(), o.call(), o.at()));
      }
      return o.name().equals("sum")
          ? total
          : new Value.Real(
              o.number("", 0) + Statics.number(total) / Math.max(1, l.values().size()));
    }
    Value.Tensor x = o.name().equals("sum") ? o.tensor("x") : o.floats("x");
    if (x.dtype() == DType.BOOL) {
      throw new Fault(
          Diagnostic.of(Code.DTYPE_MISMATCH, o.at("x"), "bools have no sum")
              .withFound(in.tensors.show(x))
              .withHint("convert them with `cast(x, int)`"));
    }
    return reduce(
        Intrinsic.valueOf(o.name().toUpperCase(Locale.ROOT)), x, o.axes(x.rank()), o, x.dtype());
  }

  private Value.Tensor reduce(
      Intrinsic op, Value.Tensor x, List<Integer> axes, Operands o, DType dtype) {
    boolean keep = o.flag("keep", false);
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
                .withFound(in.tensors.show(x)));
      }
    }
    return in.tensors.emit(op, List.of(x), Map.of("axes", axes, "keep", keep), dtype, dims, o.at());
  }

  private Value where(Operands o) {
    if (o.value("condition") instanceof Value.Bool b) {
      return o.value(b.value() ? "a" : "b");
    }
    Value.Tensor c = o.of("condition", DType.BOOL);
    DType want =
        o.value("a") instanceof Value.Tensor t
            ? t.dtype()
            : o.value("b") instanceof Value.Tensor t ? t.dtype() : DType.F32;
    Value.Tensor a = in.tensors.tensor(o.value("a"), want, o.at("a"));
    Value.Tensor b = in.tensors.tensor(o.value("b"), want, o.at("b"));
    in.tensors.sameType(a, b, o.at());
    Value.Tensor ab = new Value.Tensor(0, a.dtype(), in.tensors.broadcast(a, b, o.at()));
    return in.tensors.emit(
        Intrinsic.WHERE,
        List.of(c, a, b),
        Map.of(),
        a.dtype(),
        in.tensors.broadcast(c, ab, o.at()),
        o.at());
  }

  private Value cast(Operands o) {
    if (!(o.value("type") instanceof Value.Element e)) {
      throw new Fault(
          Diagnostic.of(
                  Code.TYPE_MISMATCH, o.at("type"), "`type` of cast must be int, float or bool")
              .withFound(Value.kind(o.value("type"))));
    }
    Value.Tensor x = o.tensor("x");
    return x.dtype() == e.dtype()
        ? x
        : in.tensors.emit(
            Intrinsic.CAST, List.of(x), Map.of("dtype", e.dtype()), e.dtype(), x.dims(), o.at());
  }

  private Value.Tensor uniform(List<Dim> dims, Span at) {
    EntryBuilder e = in.tensors.entry(at);
    return in.tensors.emit(
        Intrinsic.UNIFORM, List.of(), Map.of("stream", e.nextStream()), DType.F32, dims, at);
  }

  private Value init(Operands o) {
    return new Value.Init(
        switch (o.name()) {
          case "constant" -> new Storage.Init.Constant(o.number("value", 0));
          case "normal" ->
              o.has("deviation")
                  ? new Storage.Init.Normal(o.number("mean", 0), positive("deviation", o))
                  : new Storage.Init.Normal(0, positive("mean", o));
          case "uniform" -> {
            double low = o.number("low", 0);
            double high = o.has("high") ? o.number("high", 0) : low;
            low = o.has("high") ? low : -low;
            if (low > high) {
              throw new Fault(
                  Diagnostic.of(
                          Code.INVALID_ARGUMENT, o.at(), "the lower bound is above the upper one")
                      .withFound(low + " and " + high));
            }
            yield new Storage.Init.Uniform(low, high);
          }
          case "xavier_uniform" ->
              bound(Math.sqrt(6 / (positive("fan_in", o) + positive("fan_out", o))));
          default -> bound(1 / Math.sqrt(positive("fan_in", o)));
        });
  }

  private static double positive(String param, Operands o) {
    double v = o.number(param, 0);
    if (v < 0 || v == 0 && param.startsWith("fan")) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at(param), "this must be positive")
              .withFound(Value.number(v)));
    }
    return v;
  }

  private static Storage.Init bound(double b) {
    return new Storage.Init.Uniform(-b, b);
  }

  private Value drop(Operands o, Value.Tensor x, List<Dim> dims) {
    double p = o.number("p", 0);
    if (p < 0 || p >= 1) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at("p"), "`p` must be at least 0 and below 1")
              .withFound(Value.number(p)));
    }
    EntryBuilder e = in.tensors.entry(o.at());
    if (p == 0 || !e.training()) {
      return x;
    }
    Value.Tensor u = uniform(dims, o.at());
    Value.Tensor out =
        in.tensors.emit(
            Intrinsic.LT,
            List.of(u, e.literal(p, DType.F32, o.at())),
            Map.of(),
            DType.BOOL,
            dims,
            o.at());
    Value.Tensor kept =
        in.tensors.elementwise(Intrinsic.DIV, x, e.literal(1 - p, DType.F32, o.at()), o.at());
    return in.tensors.emit(
        Intrinsic.WHERE,
        List.of(out, e.literal(0, DType.F32, o.at()), kept),
        Map.of(),
        DType.F32,
        x.dims(),
        o.at());
  }

  private Value gradient(Operands o) {
    Value.Tensor loss = o.ranked("loss", DType.F32, 0);
    if (!(o.value("of") instanceof Value.Stored s) || s.storage().role() == Storage.Role.BUFFER) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT,
                  o.at("of"),
                  "a gradient is taken with respect to a parameter")
              .withFound(Value.kind(o.value("of"))));
    }
    Value.Tensor w = o.tensor("of");
    return in.tensors.emit(
        Intrinsic.GRADIENT, List.of(loss, w), Map.of(), DType.F32, w.dims(), o.at());
  }
}
