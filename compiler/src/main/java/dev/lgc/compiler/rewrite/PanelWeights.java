package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Contract;
import dev.lgc.compiler.plan.Declared;
import dev.lgc.compiler.plan.TensorOrder;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Matrices in panels, for steps that only multiply by them: 64 output channels after each other for
 * every input, so that a product reads one stream of memory, and a vector of it belongs to as many
 * output channels.
 *
 * <pre>
 * contract "bsi,oi-&gt;bso" (x, w)   reshape (contract "bsi,pio-&gt;bspo" (x, w [o / 64, i, 64]))
 * w := v                          w := transpose (reshape (v))
 * </pre>
 *
 * <p>Which: matrices of a multiple of 64 output channels, where all steps of a plan do nothing else
 * with them, and agree on which axis that is. Sums stay the same sums.
 */
public final class PanelWeights extends HeldTensors {
  /** By path of what is in panels. */
  private final Map<String, TensorOrder> orders = new LinkedHashMap<>();

  private PanelWeights() {}

  /**
   * The panels that all steps of a plan allow.
   *
   * @param graphs its steps
   * @param stored what lives between them
   */
  public static PanelWeights of(List<Graph> graphs, List<Declared> stored) {
    PanelWeights p = new PanelWeights();
    WeightUses.readOnly(graphs, stored, false)
        .forEach(
            (d, kept) -> {
              Shape s = d.type().shape();
              int axis = kept.iterator().next();
              if (s.rank() == 2 && s.dim(axis) % TensorOrder.PANEL == 0) {
                p.orders.put(d.path(), TensorOrder.panels(axis));
              }
            });
    return p;
  }

  @Override
  boolean holds(String path) {
    return orders.containsKey(path);
  }

  @Override
  TensorType type(String path, TensorType declared) {
    return declared.withShape(orders.get(path).held(declared.shape()));
  }

  @Override
  TensorOrder order(Declared d) {
    return orders.get(d.key());
  }

  @Override
  int use(GraphBuilder b, Node n, int[] x, Map<Integer, String> weights) {
    Contract c = (Contract) n.op();
    String[] labels = {c.left(), c.right()};
    String result = c.result();
    for (Map.Entry<Integer, String> w : weights.entrySet()) {
      boolean ofRows = orders.get(w.getValue()) == TensorOrder.ROW_PANELS;
      String matrix = labels[w.getKey()];
      String output = matrix.substring(ofRows ? 0 : 1, ofRows ? 1 : 2);
      String input = matrix.substring(ofRows ? 1 : 0, ofRows ? 2 : 1);
      String panel = unused(labels[0] + labels[1] + result);
      labels[w.getKey()] = panel + input + output;
      result = result.replace(output, panel + output);
    }
    int sum = b.contract(labels[0] + "," + labels[1] + "->" + result, x[0], x[1]);
    return b.reshape(sum, n.type().shape());
  }

  private static String unused(String labels) {
    char c = 'a';
    while (labels.indexOf(c) >= 0) {
      c++;
    }
    return String.valueOf(c);
  }

  @Override
  void write(GraphBuilder b, String path, int value, Map<String, Integer> updates) {
    Shape s = b.type(value).shape();
    TensorOrder order = orders.get(path);
    boolean ofRows = order == TensorOrder.ROW_PANELS;
    Shape cut =
        ofRows
            ? Shape.of(s.dim(0) / TensorOrder.PANEL, TensorOrder.PANEL, s.dim(1))
            : Shape.of(s.dim(0), s.dim(1) / TensorOrder.PANEL, TensorOrder.PANEL);
    int panels = b.reshape(value, cut);
    updates.put(path, ofRows ? b.transpose(panels, 0, 2, 1) : b.transpose(panels, 1, 0, 2));
  }
}
