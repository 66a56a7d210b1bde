package dev.lgc.dsl.check;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Functions that multiply and add: products, convolutions, windows, attention. */
final class Contractions {
  private static final int MOST_PADDING = 1 << 20;

  private final Elaboration in;

  Contractions(Elaboration in) {
    this.in = in;
  }

  Value call(Operands o) {
    return switch (o.name()) {
      case "matmul" -> matmul(o);
      case "einsum" -> einsum(o);
      case "linear" -> linear(o);
      case "conv2d" -> conv2d(o);
      case "max_pool2d" -> pool(o, Intrinsic.MAX_POOL2D);
      case "avg_pool2d" -> pool(o, Intrinsic.AVG_POOL2D);
      case "attend" -> attend(o);
      case "rotate" -> rotate(o);
      default -> throw new IllegalStateException(o.name());
    };
  }

  private Value.Tensor contract(Operands o, String spec, Value.Tensor a, Value.Tensor b) {
    int comma = spec.indexOf(',');
    int arrow = spec.indexOf("->");
    Map<Character, Dim> sizes = new HashMap<>();
    sizes(o, spec.substring(0, comma), a, sizes);
    sizes(o, spec.substring(comma + 1, arrow), b, sizes);
    List<Dim> dims = new ArrayList<>();
    for (char c : spec.substring(arrow + 2).toCharArray()) {
      if (!sizes.containsKey(c)) {
        throw new Fault(
            Diagnostic.of(
                Code.INVALID_ARGUMENT, o.at("spec"), "`" + c + "` stands only in the result"));
      }
      dims.add(sizes.get(c));
    }
    return in.tensors.emit(
        Intrinsic.CONTRACT, List.of(a, b), Map.of("spec", spec), DType.F32, dims, o.at());
  }

  private void sizes(Operands o, String letters, Value.Tensor t, Map<Character, Dim> sizes) {
    if (letters.length() != t.rank()) {
      throw new Fault(
          Diagnostic.of(
                  Code.RANK_MISMATCH,
                  o.at(),
                  "`" + letters + "` names " + letters.length() + " dimensions")
              .withFound(in.tensors.show(t)));
    }
    for (int i = 0; i < letters.length(); i++) {
      Dim d = t.dims().get(i);
      Dim old = sizes.putIfAbsent(letters.charAt(i), d);
      if (old != null && old.size() != d.size()) {
        throw new Fault(
            Diagnostic.of(
                    Code.SHAPE_MISMATCH,
                    o.at(),
                    "the sizes of `" + letters.charAt(i) + "` differ in " + o.name())
                .withFound(size(d))
                .withExpected(size(old)));
      }
    }
  }

  private String size(Dim d) {
    String origin = d.origin();
    return in.tensors.show(d.size()) + (origin.isEmpty() ? "" : ", " + origin);
  }

  private Value einsum(Operands o) {
    if (!(o.value("spec") instanceof Value.Text t)) {
      throw new Fault(
          Diagnostic.of(
                  Code.TYPE_MISMATCH, o.at("spec"), "the first argument of einsum is a string")
              .withFound(Value.kind(o.value("spec"))));
    }
    String spec = t.value().replace(" ", "");
    if (!spec.matches("[a-zA-Z]*,[a-zA-Z]*->[a-zA-Z]*") || repeats(spec)) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at("spec"), "this is not a product of two tensors")
              .withFound("\"" + spec + "\"")
              .withExpected("letters such as \"bsi,oi->bso\", no letter twice in one tensor"));
    }
    return contract(o, spec, o.floats("a"), o.floats("b"));
  }

  private static boolean repeats(String spec) {
    for (String part : spec.split(",|->", -1)) {
      if (part.chars().distinct().count() != part.length()) {
        return true;
      }
    }
    return false;
  }

  private static String letters(int n) {
    return "abcdefghijklmnopqrst".substring(0, n);
  }

  private Value linear(Operands o) {
    Value.Tensor x = o.floats("x");
    Value.Tensor w = o.ranked("w", DType.F32, 2);
    atLeast(o, "x", x, 1);
    String lead = letters(x.rank() - 1);
    mismatch(o, x.dims().getLast(), w.dims().getLast(), "the last dimension of `x` and of `w`");
    return contract(o, lead + "y,zy->" + lead + "z", x, w);
  }

  private void mismatch(Operands o, Dim found, Dim expected, String what) {
    if (found.size() != expected.size()) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at(), what + " differ in " + o.name())
              .withFound(size(found))
              .withExpected(size(expected)));
    }
  }

  private void atLeast(Operands o, String param, Value.Tensor t, int rank) {
    if (t.rank() < rank || t.rank() > 12) {
      throw new Fault(
          Diagnostic.of(
                  Code.RANK_MISMATCH,
                  o.at(param),
                  "`" + param + "` of " + o.name() + " has at least " + rank + " dimensions")
              .withFound(in.tensors.show(t)));
    }
  }

  private Value matmul(Operands o) {
    Value.Tensor a = o.floats("a");
    Value.Tensor b = o.floats("b");
    atLeast(o, "a", a, 2);
    atLeast(o, "b", b, 2);
    if (b.rank() != 2 && b.rank() != a.rank()) {
      throw new Fault(
          Diagnostic.of(
                  Code.RANK_MISMATCH,
                  o.at(),
                  "matmul needs equal leading dimensions, or a matrix on the right")
              .withFound(in.tensors.show(a) + " and " + in.tensors.show(b)));
    }
    mismatch(
        o,
        b.dims().get(b.rank() - 2),
        a.dims().getLast(),
        "the rows of `b` and the columns of `a`");
    String lead = letters(a.rank() - 2);
    return contract(o, lead + "xy," + (b.rank() == 2 ? "" : lead) + "yz->" + lead + "xz", a, b);
  }

  private Value conv2d(Operands o) {
    Value.Tensor x = o.ranked("x", DType.F32, 4);
    Value.Tensor w = o.ranked("w", DType.F32, 4);
    mismatch(o, x.dims().get(1), w.dims().get(1), "the channels of `x` and of `w`");
    int stride = o.atLeast("stride", 1, 1);
    List<Long> padding;
    if (o.has("padding") && o.value("padding") instanceof Value.Items) {
      padding = o.integers("padding");
    } else {
      long p = o.integer("padding", 0);
      padding = List.of(p, p, p, p);
    }
    if (padding.size() != 4 || padding.stream().anyMatch(p -> p < 0 || p > MOST_PADDING)) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT,
                  o.at("padding"),
                  "padding is one size or [top, bottom, left, right], each from 0 to "
                      + MOST_PADDING)
              .withFound(padding.toString()));
    }
    Dim h = window(o, x, 2, w.dims().get(2).size(), stride, padding.get(0) + padding.get(1));
    Dim v = window(o, x, 3, w.dims().get(3).size(), stride, padding.get(2) + padding.get(3));
    return in.tensors.emit(
        Intrinsic.CONV2D,
        List.of(x, w),
        Map.of("stride", stride, "padding", padding.stream().map(Long::intValue).toList()),
        DType.F32,
        List.of(x.dims().get(0), w.dims().get(0), h, v),
        o.at());
  }

  private Dim window(Operands o, Value.Tensor x, int axis, int kernel, int stride, long padding) {
    Dim d = x.dims().get(axis);
    long room = d.size() + padding - kernel;
    if (room < 0) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_SIZE, o.at(), "the window is larger than the picture")
              .withFound(in.tensors.show(x) + " with padding " + padding + ", axis " + axis)
              .withExpected("at least " + kernel));
    }
    int out = in.tensors.size(room / stride + 1, o.at());
    return out == d.size() ? d : Dim.of(out);
  }

  private Value pool(Operands o, Intrinsic op) {
    Value.Tensor x = o.ranked("x", DType.F32, 4);
    int kernel = o.atLeast("kernel", 1, 1);
    int stride = o.atLeast("stride", 1, kernel);
    int padding = o.atLeast("padding", 0, 0);
    if (padding > MOST_PADDING) {
      throw new Fault(
          Diagnostic.of(
                  Code.INVALID_ARGUMENT, o.at("padding"), "padding is at most " + MOST_PADDING)
              .withFound(Integer.toString(padding)));
    }
    Dim h = window(o, x, 2, kernel, stride, 2L * padding);
    Dim w = window(o, x, 3, kernel, stride, 2L * padding);
    return in.tensors.emit(
        op,
        List.of(x),
        Map.of("kernel", kernel, "stride", stride, "padding", padding),
        DType.F32,
        List.of(x.dims().get(0), x.dims().get(1), h, w),
        o.at());
  }

  private Value attend(Operands o) {
    Value.Tensor q = o.ranked("q", DType.F32, 3);
    Value.Tensor k = o.ranked("k", DType.F32, 3);
    Value.Tensor v = o.ranked("v", DType.F32, 3);
    int heads = o.atLeast("heads", 1, 1);
    int kvHeads = o.atLeast("kv_heads", 1, heads);
    int width = q.dims().get(2).size();
    if (heads % kvHeads != 0 || width % heads != 0) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at(), "the heads do not divide evenly")
              .withFound(
                  heads + " heads, " + kvHeads + " key heads, width " + in.tensors.show(width)));
    }
    int d = width / heads;
    for (String p : List.of("k", "v")) {
      Value.Tensor t = p.equals("k") ? k : v;
      if (t.dims().get(2).size() != kvHeads * d
          || t.dims().get(0).size() != q.dims().get(0).size()
          || t.dims().get(1).size() != q.dims().get(1).size()) {
        throw new Fault(
            Diagnostic.of(Code.SHAPE_MISMATCH, o.at(p), "`" + p + "` of attend does not fit `q`")
                .withFound(in.tensors.show(t))
                .withExpected(
                    "["
                        + in.tensors.show(q.dims().get(0).size())
                        + ", "
                        + in.tensors.show(q.dims().get(1).size())
                        + ", "
                        + kvHeads * d
                        + "]: "
                        + kvHeads
                        + " key heads of "
                        + d));
      }
    }
    List<Value.Tensor> operands = new ArrayList<>(List.of(q, k, v));
    if (o.has("keys")) {
      Value.Tensor keys = o.ranked("keys", DType.BOOL, 2);
      mismatch(o, keys.dims().get(0), q.dims().get(0), "the batches of `keys` and `q`");
      mismatch(o, keys.dims().get(1), q.dims().get(1), "the lengths of `keys` and `q`");
      operands.add(keys);
    }
    boolean causal = o.has("mask");
    if (causal && !(o.value("mask") instanceof Value.Symbol s && s.name().equals("causal"))) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at("mask"), "`mask` is `causal` or `none`")
              .withFound(Value.kind(o.value("mask"))));
    }
    Map<String, Object> attributes =
        Map.of(
            "heads",
            heads,
            "kv_heads",
            kvHeads,
            "causal",
            causal,
            "scale",
            o.element("scale", 1 / Math.sqrt(d), DType.F32));
    return in.tensors.emit(Intrinsic.ATTEND, operands, attributes, DType.F32, q.dims(), o.at());
  }

  private Value rotate(Operands o) {
    Value.Tensor x = o.ranked("x", DType.F32, 3);
    Value.Tensor rope = o.ranked("rope", DType.F32, 3);
    mismatch(o, rope.dims().get(0), x.dims().get(1), "the lengths of `rope` and `x`");
    long d = 2L * rope.dims().get(1).size();
    int width = x.dims().get(2).size();
    if (rope.dims().get(2).size() != 2 || d == 0 || width % d != 0) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at(), "`rope` does not fit `x`")
              .withFound(in.tensors.show(rope) + " and " + in.tensors.show(x))
              .withExpected(
                  "[length, head size / 2, 2], the head size dividing " + in.tensors.show(width)));
    }
    return in.tensors.emit(
        Intrinsic.ROTATE,
        List.of(x, rope),
        Map.of("heads", (int) (width / d)),
        DType.F32,
        x.dims(),
        o.at());
  }
}
