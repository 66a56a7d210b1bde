package dev.lgc.compiler.autodiff;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.StopGradient;
import dev.lgc.compiler.op.Terms;
import java.util.Arrays;
import java.util.List;

/**
 * Reverse mode: walks from the loss back to what is asked for, only through values that lie between
 * the two. Contributions to one value are added in descending order of its users. The gradient is
 * part of the same graph, so it can be differentiated again.
 */
public final class Autodiff {
  private Autodiff() {}

  /**
   * Adds the derivatives of a scalar.
   *
   * @param loss a scalar
   * @param wrt values the loss may depend on
   * @return one value per element of {@code wrt}, of the same type; zeros where the loss does not
   *     depend on it
   */
  public static int[] gradients(GraphBuilder b, int loss, List<Integer> wrt) {
    int[] gradients = reached(b, loss, wrt);
    for (int i = 0; i < gradients.length; i++) {
      if (gradients[i] == Terms.NONE) {
        gradients[i] = b.fill(0, b.type(wrt.get(i)));
      }
    }
    return gradients;
  }

  /** As {@link #gradients}, but {@link Terms#NONE} where the loss does not depend on a value. */
  public static int[] reached(GraphBuilder b, int loss, List<Integer> wrt) {
    if (b.type(loss).shape().rank() != 0 || !b.type(loss).dtype().isFloat()) {
      throw new IllegalArgumentException("gradient of a " + b.type(loss));
    }
    boolean[] between = between(b, loss, wrt);
    int[] gradient = new int[loss + 1];
    Arrays.fill(gradient, Terms.NONE);
    gradient[loss] = b.fill(1, b.type(loss));
    for (int i = loss; i >= 0; i--) {
      if (between[i] && gradient[i] != Terms.NONE && !b.node(i).operands().isEmpty()) {
        int value = i;
        b.derived(
            i,
            "grad",
            () -> {
              propagate(b, value, between, gradient);
              return null;
            });
      }
    }
    return wrt.stream().mapToInt(w -> w <= loss ? gradient[w] : Terms.NONE).toArray();
  }

  /** True for values that depend on {@code wrt}, stopping where gradients stop. */
  private static boolean[] between(GraphBuilder b, int loss, List<Integer> wrt) {
    boolean[] between = new boolean[loss + 1];
    wrt.stream().filter(w -> w <= loss).forEach(w -> between[w] = true);
    for (int i = 0; i <= loss; i++) {
      Node n = b.node(i);
      if (!between[i] && n.type().dtype().isFloat() && !(n.op() instanceof StopGradient)) {
        between[i] = n.operands().stream().anyMatch(o -> between[o]);
      }
    }
    return between;
  }

  private static void propagate(GraphBuilder b, int value, boolean[] between, int[] gradient) {
    int[] operands = b.operands(value);
    int[] parts = b.node(value).op().gradient(b, operands, value, gradient[value]);
    for (int k = 0; k < operands.length; k++) {
      int o = operands[k];
      if (between[o] && parts[k] != Terms.NONE) {
        gradient[o] = gradient[o] == Terms.NONE ? parts[k] : b.plus(gradient[o], parts[k]);
      }
    }
  }
}
