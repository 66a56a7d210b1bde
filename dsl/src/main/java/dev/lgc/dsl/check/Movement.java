package dev.lgc.dsl.check;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Functions that move elements without computing. */
final class Movement {
  private final Elaboration in;

  Movement(Elaboration in) {
    this.in = in;
  }

  Value call(Operands o) {
    return switch (o.name()) {
      case "reshape" -> reshape(o);
      case "transpose" -> transpose(o);
      case "concat" -> concat(o);
      case "split" -> split(o);
      case "broadcast" -> broadcast(o, o.tensor("x"), o.dims("shape"));
      case "pad" -> pad(o);
      case "upsample_nearest" -> upsample(o);
      case "gather" -> gather(o);
      case "pick" -> pick(o);
      case "zeros" -> fill(o, 0, DType.F32);
      case "ones" -> fill(o, 1, DType.F32);
      case "full" -> full(o);
      default -> throw new IllegalStateException(o.name());
    };
  }

  private Value reshape(Operands o) {
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
      dims.set(hole, Dim.of(in.tensors.size(n / known, o.at("shape"))));
    } else if (hole >= 0 || known != n) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at(), "reshape keeps the number of elements")
              .withFound(in.tensors.show(x) + elements(n))
              .withExpected(
                  in.tensors.show(dims)
                      + (hole >= 0 ? ": not a whole number for -1" : elements(known))));
    }
    return in.tensors.emit(Intrinsic.RESHAPE, List.of(x), Map.of(), x.dtype(), dims, o.at());
  }

  private String elements(long n) {
    return in.tensors.hasNames() ? "" : ": " + n + " elements";
  }

  private Value transpose(Operands o) {
    Value.Tensor x = o.tensor("x");
    List<Integer> axes =
        o.integers("permutation").stream()
            .map(a -> o.axis(a, x.rank(), o.at("permutation")))
            .toList();
    if (axes.size() != x.rank() || axes.stream().distinct().count() != axes.size()) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT, o.at("permutation"), "a permutation names every axis once")
              .withFound(axes + " for " + in.tensors.show(x)));
    }
    List<Dim> dims = axes.stream().map(a -> x.dims().get(a)).toList();
    return in.tensors.emit(
        Intrinsic.TRANSPOSE, List.of(x), Map.of("permutation", axes), x.dtype(), dims, o.at());
  }

  private Value concat(Operands o) {
    List<Value> values = o.list("tensors");
    if (values.isEmpty()) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at("tensors"), "there is nothing to concatenate"));
    }
    List<Value.Tensor> all =
        values.stream().map(v -> in.tensors.tensor(v, o.at("tensors"))).toList();
    Value.Tensor first = all.getFirst();
    int axis = o.axis("axis", first.rank(), 0);
    long size = 0;
    for (Value.Tensor t : all) {
      in.tensors.sameType(first, t, o.at("tensors"));
      boolean same = t.rank() == first.rank();
      for (int i = 0; same && i < t.rank(); i++) {
        same = i == axis || t.dims().get(i).size() == first.dims().get(i).size();
      }
      if (!same) {
        throw new Fault(
            Diagnostic.of(
                    Code.SHAPE_MISMATCH,
                    o.at("tensors"),
                    "concatenated tensors differ in that one axis only")
                .withFound(in.tensors.show(first) + " and " + in.tensors.show(t))
                .withExpected("equal sizes but for axis " + axis));
      }
      size += t.dims().get(axis).size();
    }
    List<Dim> dims = new ArrayList<>(first.dims());
    dims.set(axis, Dim.of(in.tensors.size(size, o.at())));
    return in.tensors.emit(
        Intrinsic.CONCAT, all, Map.of("axis", axis), first.dtype(), dims, o.at());
  }

  private Value split(Operands o) {
    Value.Tensor x = o.tensor("x");
    int axis = o.axis("axis", x.rank(), -1);
    List<Dim> sizes = o.dims("sizes");
    long total = sizes.stream().mapToLong(Dim::size).sum();
    if (total != x.dims().get(axis).size()) {
      String origin = x.dims().get(axis).origin();
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at("sizes"), "the parts do not add up")
              .withFound(total + " in all")
              .withExpected(
                  in.tensors.show(x.dims().get(axis).size())
                      + (origin.isEmpty() ? "" : ", " + origin)
                      + ", axis "
                      + axis
                      + " of "
                      + in.tensors.show(x)));
    }
    List<Value> parts = new ArrayList<>();
    int from = 0;
    for (Dim d : sizes) {
      parts.add(in.tensors.slice(x, axis, from, from + d.size(), d, o.at()));
      from += d.size();
    }
    return new Value.Items(true, parts);
  }

  Value broadcast(Operands o, Value.Tensor x, List<Dim> dims) {
    int lead = dims.size() - x.rank();
    boolean fits = lead >= 0;
    for (int i = 0; fits && i < x.rank(); i++) {
      int have = x.dims().get(i).size();
      fits = have == 1 || have == dims.get(lead + i).size();
    }
    if (!fits) {
      throw new Fault(
          Diagnostic.of(
                  Code.SHAPE_MISMATCH, o.at(), "only size 1 and missing leading dimensions stretch")
              .withFound(in.tensors.show(x))
              .withExpected(in.tensors.show(dims)));
    }
    return x.shape().dims().equals(dims.stream().map(Dim::size).toList())
        ? x
        : in.tensors.emit(Intrinsic.BROADCAST, List.of(x), Map.of(), x.dtype(), dims, o.at());
  }

  private Value fill(Operands o, double value, DType dtype) {
    return broadcast(o, in.tensors.entry(o.at()).literal(value, dtype, o.at()), o.dims("shape"));
  }

  private Value full(Operands o) {
    if (o.has("type") && o.value("type") instanceof Value.Element e) {
      return fill(
          o,
          o.value("value") instanceof Value.Bool b
              ? (b.value() ? 1 : 0)
              : o.element("value", 0, e.dtype()),
          e.dtype());
    }
    return o.value("value") instanceof Value.Bool b
        ? fill(o, b.value() ? 1 : 0, DType.BOOL)
        : broadcast(
            o, in.tensors.tensor(o.value("value"), DType.F32, o.at("value")), o.dims("shape"));
  }

  private Value pad(Operands o) {
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
                .withFound(side + " for " + in.tensors.show(x)));
      }
    }
    for (int i = 0; i < x.rank(); i++) {
      dims.add(
          before.get(i) + after.get(i) == 0
              ? x.dims().get(i)
              : Dim.of(
                  in.tensors.size(x.dims().get(i).size() + before.get(i) + after.get(i), o.at())));
    }
    Map<String, Object> attributes =
        Map.of(
            "before", before.stream().map(Long::intValue).toList(),
            "after", after.stream().map(Long::intValue).toList(),
            "value", o.element("value", 0, x.dtype()));
    return in.tensors.emit(Intrinsic.PAD, List.of(x), attributes, x.dtype(), dims, o.at());
  }

  private Value upsample(Operands o) {
    Value.Tensor x = o.ranked("x", DType.F32, 4);
    int f = o.atLeast("factor", 1, 1);
    List<Dim> dims = new ArrayList<>(x.dims());
    dims.set(2, Dim.of(in.tensors.size((long) f * x.dims().get(2).size(), o.at())));
    dims.set(3, Dim.of(in.tensors.size((long) f * x.dims().get(3).size(), o.at())));
    return in.tensors.emit(
        Intrinsic.UPSAMPLE_NEAREST, List.of(x), Map.of("factor", f), x.dtype(), dims, o.at());
  }

  private Value gather(Operands o) {
    Value.Tensor table = o.tensor("table");
    Value.Tensor i = o.of("indices", DType.I32);
    if (table.rank() == 0) {
      throw new Fault(Diagnostic.of(Code.RANK_MISMATCH, o.at("table"), "a scalar has no rows"));
    }
    List<Dim> dims = new ArrayList<>(i.dims());
    dims.addAll(table.dims().subList(1, table.rank()));
    return in.tensors.emit(
        Intrinsic.GATHER, List.of(table, i), Map.of(), table.dtype(), dims, o.at());
  }

  private Value pick(Operands o) {
    Value.Tensor x = o.tensor("x");
    Value.Tensor i = o.of("indices", DType.I32);
    if (x.rank() == 0 || !x.shape().without(-1).equals(i.shape())) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at(), "pick takes one index for each last row")
              .withFound(in.tensors.show(x) + " and " + in.tensors.show(i))
              .withExpected(
                  x.rank() == 0
                      ? ""
                      : "indices " + in.tensors.show(x.dims().subList(0, x.rank() - 1))));
    }
    return in.tensors.emit(Intrinsic.PICK, List.of(x, i), Map.of(), x.dtype(), i.dims(), o.at());
  }
}
