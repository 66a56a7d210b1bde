package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Contract;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Packs matrices in panels, for steps that only multiply by them: 64 output channels after each
 * other for every input, so that a product reads one stream of memory, and a vector of it belongs
 * to as many output channels.
 *
 * <pre>
 * contract "bsi,oi-&gt;bso" (x, w)   reshape (contract "bsi,pio-&gt;bspo" (x, w [o / 64, i, 64]))
 * w := v                          w := transpose (reshape (v))
 * </pre>
 *
 * <p>Which: matrices of a multiple of 64 output channels, where all steps of a plan do nothing else
 * with them, and agree on which axis that is. Sums stay the same sums.
 */
public final class PackWeights extends StorageRewrite {
  /** By name of the packed matrix. */
  private final Map<String, TensorLayout> layouts = new LinkedHashMap<>();

  private PackWeights() {}

  /**
   * The packing that all steps of a plan allow.
   *
   * @param graphs its steps
   * @param stored what lives between them
   */
  public static PackWeights of(List<Graph> graphs, List<StorageDeclaration> stored) {
    PackWeights p = new PackWeights();
    WeightUses.readOnly(graphs, stored, false)
        .forEach(
            (d, kept) -> {
              Shape s = d.type().shape();
              int axis = kept.iterator().next();
              if (s.rank() == 2 && s.dim(axis) % TensorLayout.PANEL == 0) {
                p.layouts.put(d.name(), TensorLayout.panels(axis));
              }
            });
    return p;
  }

  @Override
  boolean changes(String name) {
    return layouts.containsKey(name);
  }

  @Override
  TensorType type(String name, TensorType before) {
    return before.withShape(layouts.get(name).stored(before.shape()));
  }

  @Override
  TensorLayout layout(StorageDeclaration before) {
    return layouts.get(before.name());
  }

  @Override
  int use(GraphBuilder b, Node n, int[] x, Map<Integer, String> weights) {
    Contract c = (Contract) n.op();
    String[] labels = {c.left(), c.right()};
    String result = c.result();
    for (Map.Entry<Integer, String> w : weights.entrySet()) {
      boolean ofRows = layouts.get(w.getValue()) == TensorLayout.ROW_PANELS;
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
  void write(GraphBuilder b, String name, int value, Map<String, Integer> updates) {
    Shape s = b.type(value).shape();
    TensorLayout layout = layouts.get(name);
    boolean ofRows = layout == TensorLayout.ROW_PANELS;
    Shape cut =
        ofRows
            ? Shape.of(s.dim(0) / TensorLayout.PANEL, TensorLayout.PANEL, s.dim(1))
            : Shape.of(s.dim(0), s.dim(1) / TensorLayout.PANEL, TensorLayout.PANEL);
    int panels = b.reshape(value, cut);
    updates.put(name, ofRows ? b.transpose(panels, 0, 2, 1) : b.transpose(panels, 1, 0, 2));
  }
}
