package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Functions that move or repeat elements without computing, and those that make tensors of given
 * elements.
 */
final class MovementFunctions {
  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Shapes and elements",
          "They move or repeat elements without changing them; `iota`, `full`, `zeros` and `ones`"
              + " make new tensors.",
          MovementFunctions::value,
          function(
              "reshape(x, shape)",
              "the same elements in another shape; one size may be -1 and is then computed"),
          function(
              "transpose(x, permutation)",
              "axis `i` of the result is axis `permutation[i]` of `x`"),
          function(
              "broadcast(x, shape)",
              "repeats `x` along dimensions of size 1 and along missing leading dimensions"),
          function("concat(tensors, axis)", "joins a list of tensors along `axis`"),
          function("split(x, sizes, axis: -1)", "cuts `x` along `axis` into parts of these sizes"),
          function(
              "pad(x, before, after, value: 0.0)",
              "pads axis `i` with `before[i]` elements at its start and `after[i]` at its end"),
          function(
              "upsample_nearest(x, factor)",
              "repeats each pixel of `x[b, c, h, w]` `factor` times in both directions"),
          function("gather(table, indices)", "rows of `table`, one for each index"),
          function("pick(x, indices)", "for each row of the last axis, the element at its index"),
          function("iota(n)", "the ints from 0 to `n - 1`"),
          function(
              "full(shape, value, type?)",
              "`value` everywhere; `type` is `int`, `float` or `bool`"),
          function("zeros(shape)", "0.0 everywhere"),
          function("ones(shape)", "1.0 everywhere"));

  private MovementFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "reshape" -> reshape(o);
      case "transpose" -> transpose(o);
      case "broadcast" -> broadcast(o, o.tensor("x"), o.dims("shape"));
      case "concat" -> concat(o);
      case "split" -> split(o);
      case "pad" -> pad(o);
      case "upsample_nearest" -> upsample(o);
      case "gather" -> gather(o);
      case "pick" -> pick(o);
      case "iota" -> iota(o);
      case "full" -> full(o);
      case "zeros" -> fill(o, 0, DType.F32);
      case "ones" -> fill(o, 1, DType.F32);
      default -> throw o.unknown();
    };
  }

  private static Value reshape(Operands o) {
    Value.Tensor x = o.tensor("x");
    List<Dim> dims = new ArrayList<>(o.dims("shape", true));
    long known = 1;
    int hole = -1;
    for (int i = 0; i < dims.size(); i++) {
      if (dims.get(i).size() >= 0) {
        known = Dimensions.product(known, dims.get(i).size());
      } else if (hole < 0) {
        hole = i;
      } else {
        throw new Fault(
            Diagnostic.of(Code.INVALID_ARGUMENT, o.at("shape"), "only one size can be -1"));
      }
    }
    long n = x.shape().elements();
    if (hole >= 0 && known > 0 && n % known == 0) {
      dims.set(hole, Dim.of(o.tensors().size(n / known, o.at("shape"))));
    } else if (hole >= 0 || known != n) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at(), "reshape keeps the number of elements")
              .withFound(o.show(x) + elements(o, n))
              .withExpected(
                  o.show(dims) + (hole >= 0 ? ": not a whole number for -1" : elements(o, known))));
    }
    return o.tensors().emit(Intrinsic.RESHAPE, List.of(x), Map.of(), x.dtype(), dims, o.at());
  }

  private static String elements(Operands o, long n) {
    return o.hasNames() ? "" : ": " + n + " elements";
  }

  private static Value transpose(Operands o) {
    Value.Tensor x = o.tensor("x");
    List<Integer> axes =
        o.integers("permutation").stream()
            .map(a -> o.axis(a, x.rank(), o.at("permutation")))
            .toList();
    if (axes.size() != x.rank() || axes.stream().distinct().count() != axes.size()) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT, o.at("permutation"), "a permutation names every axis once")
              .withFound(axes + " for " + o.show(x)));
    }
    List<Dim> dims = axes.stream().map(a -> x.dims().get(a)).toList();
    return o.tensors()
        .emit(
            Intrinsic.TRANSPOSE, List.of(x), Map.of("permutation", axes), x.dtype(), dims, o.at());
  }

  private static Value concat(Operands o) {
    List<Value> values = o.list("tensors");
    if (values.isEmpty()) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at("tensors"), "there is nothing to concatenate"));
    }
    List<Value.Tensor> all =
        values.stream().map(v -> o.tensors().tensor(v, o.at("tensors"))).toList();
    Value.Tensor first = all.getFirst();
    int axis = o.axis("axis", first.rank());
    long size = 0;
    for (Value.Tensor t : all) {
      o.tensors().sameType(first, t, o.at("tensors"));
      boolean same = t.rank() == first.rank();
      for (int i = 0; same && i < t.rank(); i++) {
        same = i == axis || t.dims().get(i).size() == first.dims().get(i).size();
      }
      if (!same) {
        throw new Fault(
            Diagnostic.of(
                    Code.SHAPE_MISMATCH,
                    o.at("tensors"),
                    "concatenated tensors may differ along that axis only")
                .withFound(o.show(first) + " and " + o.show(t))
                .withExpected("equal sizes except along axis " + axis));
      }
      size += t.dims().get(axis).size();
    }
    List<Dim> dims = new ArrayList<>(first.dims());
    dims.set(axis, Dim.of(o.tensors().size(size, o.at())));
    return o.tensors()
        .emit(Intrinsic.CONCAT, all, Map.of("axis", axis), first.dtype(), dims, o.at());
  }

  private static Value split(Operands o) {
    Value.Tensor x = o.tensor("x");
    int axis = o.axis("axis", x.rank());
    List<Dim> sizes = o.dims("sizes");
    long total = sizes.stream().mapToLong(Dim::size).sum();
    if (total != x.dims().get(axis).size()) {
      String origin = x.dims().get(axis).origin();
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at("sizes"), "the parts do not add up")
              .withFound(total + " in all")
              .withExpected(
                  o.show(x.dims().get(axis).size())
                      + (origin.isEmpty() ? "" : ", " + origin)
                      + ", axis "
                      + axis
                      + " of "
                      + o.show(x)));
    }
    List<Value> parts = new ArrayList<>();
    int from = 0;
    for (Dim d : sizes) {
      parts.add(o.tensors().slice(x, axis, from, from + d.size(), d, o.at()));
      from += d.size();
    }
    return new Value.Items(true, parts);
  }

  private static Value broadcast(Operands o, Value.Tensor x, List<Dim> dims) {
    int lead = dims.size() - x.rank();
    boolean fits = lead >= 0;
    for (int i = 0; fits && i < x.rank(); i++) {
      int have = x.dims().get(i).size();
      fits = have == 1 || have == dims.get(lead + i).size();
    }
    if (!fits) {
      throw new Fault(
          Diagnostic.of(
                  Code.SHAPE_MISMATCH,
                  o.at(),
                  "only dimensions of size 1 and missing leading ones can be broadcast")
              .withFound(o.show(x))
              .withExpected(o.show(dims)));
    }
    return x.shape().dims().equals(dims.stream().map(Dim::size).toList())
        ? x
        : o.tensors().emit(Intrinsic.BROADCAST, List.of(x), Map.of(), x.dtype(), dims, o.at());
  }

  private static Value fill(Operands o, double value, DType dtype) {
    return broadcast(o, o.entry(o.at()).literal(value, dtype, o.at()), o.dims("shape"));
  }

  private static Value full(Operands o) {
    if (o.has("type") && o.value("type") instanceof Value.Element e) {
      return fill(
          o,
          o.value("value") instanceof Value.Bool b
              ? (b.value() ? 1 : 0)
              : o.element("value", e.dtype()),
          e.dtype());
    }
    return o.value("value") instanceof Value.Bool b
        ? fill(o, b.value() ? 1 : 0, DType.BOOL)
        : broadcast(
            o, o.tensors().tensor(o.value("value"), DType.F32, o.at("value")), o.dims("shape"));
  }

  private static Value pad(Operands o) {
    Value.Tensor x = o.tensor("x");
    List<Long> before = o.integers("before");
    List<Long> after = o.integers("after");
    List<Dim> dims = new ArrayList<>();
    for (List<Long> side : List.of(before, after)) {
      if (side.size() != x.rank()
          || side.stream().anyMatch(p -> p < 0 || p > Integer.MAX_VALUE / 4)) {
        throw new Fault(
            Diagnostic.of(
                    Code.INVALID_ARGUMENT,
                    side.equals(before) ? o.at("before") : o.at("after"),
                    "padding has one size for each axis, none negative")
                .withFound(side + " for " + o.show(x)));
      }
    }
    for (int i = 0; i < x.rank(); i++) {
      dims.add(
          before.get(i) + after.get(i) == 0
              ? x.dims().get(i)
              : Dim.of(
                  o.tensors().size(x.dims().get(i).size() + before.get(i) + after.get(i), o.at())));
    }
    Map<String, Object> attributes =
        Map.of(
            "before", before.stream().map(Long::intValue).toList(),
            "after", after.stream().map(Long::intValue).toList(),
            "value", o.element("value", x.dtype()));
    return o.tensors().emit(Intrinsic.PAD, List.of(x), attributes, x.dtype(), dims, o.at());
  }

  private static Value upsample(Operands o) {
    Value.Tensor x = o.ranked("x", DType.F32, 4);
    int f = o.atLeast("factor", 1);
    List<Dim> dims = new ArrayList<>(x.dims());
    dims.set(2, Dim.of(o.tensors().size((long) f * x.dims().get(2).size(), o.at())));
    dims.set(3, Dim.of(o.tensors().size((long) f * x.dims().get(3).size(), o.at())));
    return o.tensors()
        .emit(Intrinsic.UPSAMPLE_NEAREST, List.of(x), Map.of("factor", f), x.dtype(), dims, o.at());
  }

  private static Value gather(Operands o) {
    Value.Tensor table = o.tensor("table");
    Value.Tensor i = o.of("indices", DType.I32);
    if (table.rank() == 0) {
      throw new Fault(Diagnostic.of(Code.RANK_MISMATCH, o.at("table"), "a scalar has no rows"));
    }
    List<Dim> dims = new ArrayList<>(i.dims());
    dims.addAll(table.dims().subList(1, table.rank()));
    return o.tensors()
        .emit(Intrinsic.GATHER, List.of(table, i), Map.of(), table.dtype(), dims, o.at());
  }

  private static Value pick(Operands o) {
    Value.Tensor x = o.tensor("x");
    Value.Tensor i = o.of("indices", DType.I32);
    if (x.rank() == 0 || !x.shape().without(-1).equals(i.shape())) {
      throw new Fault(
          Diagnostic.of(
                  Code.SHAPE_MISMATCH, o.at(), "pick takes one index for each row of the last axis")
              .withFound(o.show(x) + " and " + o.show(i))
              .withExpected(
                  x.rank() == 0 ? "" : "indices " + o.show(x.dims().subList(0, x.rank() - 1))));
    }
    return o.tensors().emit(Intrinsic.PICK, List.of(x, i), Map.of(), x.dtype(), i.dims(), o.at());
  }

  private static Value iota(Operands o) {
    int n = o.tensors().size(o.integer("n"), o.at("n"));
    return o.tensors()
        .emit(
            Intrinsic.IOTA,
            List.of(),
            Map.of(),
            DType.I32,
            List.of(Dim.of(n, o.arg("n").expr(), o.arg("n").scope())),
            o.at());
  }
}
