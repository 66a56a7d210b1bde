package dev.lgc.dsl.check;

import static dev.lgc.dsl.check.LanguageFunction.function;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Functions that multiply and add: products of tensors and attention. */
final class ContractionFunctions {
  static final FunctionFamily FAMILY =
      FunctionFamily.of(
          "Products and attention",
          "For tensors of floats.",
          ContractionFunctions::value,
          function(
              "linear(x, w)",
              "`x` times the transpose of `w[outputs, inputs]`, over the last axis of `x`"),
          function(
              "matmul(a, b)",
              "matrix product; a single matrix `b` is used for all leading dimensions of `a`"),
          function(
              "einsum(spec, a, b)", "a sum of products, as in `einsum(\"bsi,oi->bso\", a, b)`"),
          function(
              "attend(q, k, v, heads, kv_heads: heads, mask: none, keys?, scale?)",
              "scaled dot-product attention (arXiv:1706.03762) of `q[b, s, heads * d]` to `k` and"
                  + " `v[b, s, kv_heads * d]`; `mask: causal` hides later positions, `keys: bool[b,"
                  + " s]` hides positions where it is false, but no position from itself; `scale`"
                  + " is 1 / sqrt(d) by default"),
          function(
              "rotate(x, rope)",
              "rotates adjacent pairs of every head by the cosines and sines in `rope[s, d / 2, 2]`"
                  + " (arXiv:2104.09864)"));

  private ContractionFunctions() {}

  private static Value value(Operands o) {
    return switch (o.name()) {
      case "linear" -> linear(o);
      case "matmul" -> matmul(o);
      case "einsum" -> einsum(o);
      case "attend" -> attend(o);
      case "rotate" -> rotate(o);
      default -> throw o.unknown();
    };
  }

  private static Value.Tensor contract(Operands o, String spec, Value.Tensor a, Value.Tensor b) {
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
                Code.INVALID_ARGUMENT, o.at("spec"), "`" + c + "` appears only in the result"));
      }
      dims.add(sizes.get(c));
    }
    return o.tensors()
        .emit(Intrinsic.CONTRACT, List.of(a, b), Map.of("spec", spec), DType.F32, dims, o.at());
  }

  private static void sizes(Operands o, String letters, Value.Tensor t, Map<Character, Dim> sizes) {
    if (letters.length() != t.rank()) {
      throw new Fault(
          Diagnostic.of(
                  Code.RANK_MISMATCH,
                  o.at(),
                  "`" + letters + "` names " + letters.length() + " dimensions")
              .withFound(o.show(t)));
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
                .withFound(size(o, d))
                .withExpected(size(o, old)));
      }
    }
  }

  static String size(Operands o, Dim d) {
    String origin = d.origin();
    return o.show(d.size()) + (origin.isEmpty() ? "" : ", " + origin);
  }

  private static Value einsum(Operands o) {
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

  private static Value linear(Operands o) {
    Value.Tensor x = o.floats("x");
    Value.Tensor w = o.ranked("w", DType.F32, 2);
    atLeast(o, "x", x, 1);
    String lead = letters(x.rank() - 1);
    mismatch(o, x.dims().getLast(), w.dims().getLast(), "the last dimension of `x` and of `w`");
    return contract(o, lead + "y,zy->" + lead + "z", x, w);
  }

  static void mismatch(Operands o, Dim found, Dim expected, String what) {
    if (found.size() != expected.size()) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at(), what + " differ in " + o.name())
              .withFound(size(o, found))
              .withExpected(size(o, expected)));
    }
  }

  private static void atLeast(Operands o, String param, Value.Tensor t, int rank) {
    if (t.rank() < rank || t.rank() > 12) {
      throw new Fault(
          Diagnostic.of(
                  Code.RANK_MISMATCH,
                  o.at(param),
                  "`" + param + "` of " + o.name() + " has at least " + rank + " dimensions")
              .withFound(o.show(t)));
    }
  }

  private static Value matmul(Operands o) {
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
              .withFound(o.show(a) + " and " + o.show(b)));
    }
    mismatch(
        o,
        b.dims().get(b.rank() - 2),
        a.dims().getLast(),
        "the rows of `b` and the columns of `a`");
    String lead = letters(a.rank() - 2);
    return contract(o, lead + "xy," + (b.rank() == 2 ? "" : lead) + "yz->" + lead + "xz", a, b);
  }

  private static Value attend(Operands o) {
    Value.Tensor q = o.ranked("q", DType.F32, 3);
    Value.Tensor k = o.ranked("k", DType.F32, 3);
    Value.Tensor v = o.ranked("v", DType.F32, 3);
    int heads = o.atLeast("heads", 1);
    int kvHeads = o.atLeast("kv_heads", 1);
    int width = q.dims().get(2).size();
    if (heads % kvHeads != 0 || width % heads != 0) {
      throw new Fault(
          Diagnostic.of(Code.INVALID_ARGUMENT, o.at(), "the heads do not divide evenly")
              .withFound(heads + " heads, " + kvHeads + " key heads, width " + o.show(width)));
    }
    int d = width / heads;
    for (String p : List.of("k", "v")) {
      Value.Tensor t = p.equals("k") ? k : v;
      if (t.dims().get(2).size() != kvHeads * d
          || t.dims().get(0).size() != q.dims().get(0).size()
          || t.dims().get(1).size() != q.dims().get(1).size()) {
        throw new Fault(
            Diagnostic.of(Code.SHAPE_MISMATCH, o.at(p), "`" + p + "` of attend does not fit `q`")
                .withFound(o.show(t))
                .withExpected(
                    "["
                        + o.show(q.dims().get(0).size())
                        + ", "
                        + o.show(q.dims().get(1).size())
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
            o.has("scale") ? o.element("scale", DType.F32) : 1 / Math.sqrt(d));
    return o.tensors().emit(Intrinsic.ATTEND, operands, attributes, DType.F32, q.dims(), o.at());
  }

  private static Value rotate(Operands o) {
    Value.Tensor x = o.ranked("x", DType.F32, 3);
    Value.Tensor rope = o.ranked("rope", DType.F32, 3);
    mismatch(o, rope.dims().get(0), x.dims().get(1), "the lengths of `rope` and `x`");
    long d = 2L * rope.dims().get(1).size();
    int width = x.dims().get(2).size();
    if (rope.dims().get(2).size() != 2 || d == 0 || width % d != 0) {
      throw new Fault(
          Diagnostic.of(Code.SHAPE_MISMATCH, o.at(), "`rope` does not fit `x`")
              .withFound(o.show(rope) + " and " + o.show(x))
              .withExpected("[length, head size / 2, 2], the head size dividing " + o.show(width)));
    }
    return o.tensors()
        .emit(
            Intrinsic.ROTATE,
            List.of(x, rope),
            Map.of("heads", (int) (width / d)),
            DType.F32,
            x.dims(),
            o.at());
  }
}
