package dev.lgc.dsl.resolve;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The functions of the language and their parameters; {@code ?} marks those that may be left out.
 */
public final class Builtins {
  /** Names with a value of their own. */
  public static final Set<String> CONSTANTS =
      Set.of("causal", "zeros", "ones", "pi", "inf", "step", "training", "int", "float", "bool");

  /** Types of static parameters, beside scales and interfaces. */
  public static final List<String> TYPES =
      List.of("int", "float", "bool", "string", "list", "init", "block", "model", "any");

  private static final Map<String, List<String>> TABLE = new LinkedHashMap<>();

  static {
    for (String f :
        "exp log sqrt rsqrt sin cos tanh sigmoid silu relu gelu softplus abs floor ceil round int float"
            .split(" ")) {
      put(f, "x");
    }
    put("leaky_relu", "x slope?");
    put("pow", "x y");
    put("min", "a b? axis? keep?");
    put("max", "a b? axis? keep?");
    put("where", "condition a b");
    put("cast", "x type");
    put("sum", "x axis? keep?");
    put("mean", "x axis? keep?");
    put("logsumexp", "x axis? keep?");
    put("argmax", "x axis keep?");
    put("argmin", "x axis keep?");
    put("softmax", "x axis?");
    put("log_softmax", "x axis?");
    put("reshape", "x shape");
    put("transpose", "x permutation");
    put("concat", "tensors axis");
    put("split", "x sizes axis?");
    put("broadcast", "x shape");
    put("pad", "x before after value?");
    put("upsample_nearest", "x factor");
    put("gather", "table indices");
    put("pick", "x indices");
    put("matmul", "a b");
    put("einsum", "spec a b");
    put("linear", "x w");
    put("conv2d", "x w stride? padding?");
    put("max_pool2d", "x kernel stride? padding?");
    put("avg_pool2d", "x kernel stride? padding?");
    put("attend", "q k v heads kv_heads? mask? keys? scale?");
    put("rotate", "x rope");
    put("iota", "n");
    put("uniform", "low high?");
    put("dropout", "x p");
    put("drop_path", "x p");
    put("stop_gradient", "x");
    put("straight_through", "x q");
    put("gradient", "loss of");
    put("full", "shape value type?");
    put("zeros", "shape");
    put("ones", "shape");
    put("round_up", "x multiple");
    put("ceil_div", "a b");
    put("len", "list");
    put("reversed", "list");
    put("contains", "list x");
    put("constant", "value");
    put("normal", "mean deviation?");
    put("xavier_uniform", "fan_in fan_out");
    put("kaiming_uniform", "fan_in");
  }

  private Builtins() {}

  private static void put(String name, String params) {
    TABLE.put(name, List.of(params.split(" ")));
  }

  /** Whether a function of the language has that name. */
  public static boolean isName(String name) {
    return TABLE.containsKey(name);
  }

  /** Its parameters in order; {@code ?} ends those that may be left out. */
  public static List<String> parameters(String name) {
    return TABLE.get(name);
  }

  /** All functions of the language. */
  public static Set<String> names() {
    return TABLE.keySet();
  }
}
