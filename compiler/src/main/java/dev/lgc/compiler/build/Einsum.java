package dev.lgc.compiler.build;

import dev.lgc.compiler.graph.GraphBuilder;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Brings any einsum of two operands into the form {@link dev.lgc.compiler.op.Contract} takes. */
final class Einsum {
  private static final Pattern SEPARATOR = Pattern.compile(",|->");

  private Einsum() {}

  /** Labels that only one operand has and the result has not are summed before. */
  static int build(GraphBuilder b, String spec, int x, int y) {
    String[] labels = SEPARATOR.split(spec.replace(" ", ""), -1);
    int left = summed(b, x, labels[0], labels[1] + labels[2]);
    int right = summed(b, y, labels[1], labels[0] + labels[2]);
    String leftLabels = kept(labels[0], labels[1] + labels[2]);
    String rightLabels = kept(labels[1], labels[0] + labels[2]);
    return b.contract(leftLabels + "," + rightLabels + "->" + labels[2], left, right);
  }

  private static int summed(GraphBuilder b, int v, String labels, String elsewhere) {
    List<Integer> axes =
        IntStream.range(0, labels.length())
            .filter(i -> elsewhere.indexOf(labels.charAt(i)) < 0)
            .boxed()
            .toList();
    return b.sum(v, axes);
  }

  private static String kept(String labels, String elsewhere) {
    StringBuilder s = new StringBuilder();
    labels.chars().filter(c -> elsewhere.indexOf(c) >= 0).forEach(c -> s.append((char) c));
    return s.toString();
  }
}
