package dev.lgc.runtime.drawing;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.op.Source;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A graph drawn as boxes in layers, from inputs at the top to outputs at the bottom. A box is what
 * one module computes in one go; boxes are split where joining them would make a circle.
 */
public final class GraphDrawing {
  private static final int WIDTH = 200;
  private static final int HEIGHT = 44;
  private static final int ACROSS = 24;
  private static final int DOWN = 40;

  /** Several values that are drawn as one box. */
  private static final class Box {
    final int number;
    final String title;
    final Map<String, Integer> ops = new LinkedHashMap<>();
    final TreeSet<Integer> from = new TreeSet<>();
    final BitSet before = new BitSet();
    String type = "";
    int layer;
    double x;

    Box(int number, String title) {
      this.number = number;
      this.title = title;
    }
  }

  private final String name;
  private final List<Box> boxes = new ArrayList<>();
  private final int width;
  private final int height;

  private GraphDrawing(Graph graph, int depth) {
    this.name = graph.name();
    group(graph, depth);
    int[] size = place();
    this.width = size[0];
    this.height = size[1];
  }

  /**
   * Draws {@code graph}.
   *
   * @param depth how many parts of a module's path tell boxes apart
   */
  public static GraphDrawing of(Graph graph, int depth) {
    return new GraphDrawing(graph, Math.max(0, depth));
  }

  private void group(Graph graph, int depth) {
    int[] boxOf = new int[graph.nodes().size()];
    Map<String, Box> open = new HashMap<>();
    for (int i = 0; i < boxOf.length; i++) {
      Node n = graph.node(i);
      boxOf[i] = -1;
      if (n.op() instanceof Source) {
        continue; // inputs, weights and tables are not drawn
      }
      String title = title(n, depth);
      Box box = open.get(title);
      if (box == null || wouldCircle(box, n, boxOf)) {
        box = new Box(boxes.size(), title);
        boxes.add(box);
        open.put(title, box);
      }
      join(box, n, boxOf);
      boxOf[i] = box.number;
    }
  }

  private static String title(Node n, int depth) {
    String[] parts = n.origin().module().split("\\.", -1);
    String module =
        List.of(parts).subList(0, Math.min(depth, parts.length)).stream()
            .collect(Collectors.joining("."));
    String derived = n.origin().derivation();
    return (module.isEmpty() ? "(model)" : module) + (derived.isEmpty() ? "" : " " + derived);
  }

  private boolean wouldCircle(Box box, Node n, int[] boxOf) {
    for (int o : n.operands()) {
      if (boxOf[o] >= 0 && boxOf[o] != box.number && boxes.get(boxOf[o]).before.get(box.number)) {
        return true;
      }
    }
    return false;
  }

  private void join(Box box, Node n, int[] boxOf) {
    box.ops.merge(n.op().name(), 1, Integer::sum);
    box.type = n.type().toString();
    for (int o : n.operands()) {
      if (boxOf[o] >= 0 && boxOf[o] != box.number) {
        box.from.add(boxOf[o]);
        box.before.set(boxOf[o]);
        box.before.or(boxes.get(boxOf[o]).before);
      }
    }
    for (Box other : boxes) {
      if (other.before.get(box.number)) {
        other.before.or(box.before);
      }
    }
  }

  /** Layers by the longest way from the top; in a layer, boxes stand below what they use. */
  private int[] place() {
    TreeMap<Integer, List<Box>> layers = new TreeMap<>();
    List<Box> order = new ArrayList<>(boxes);
    order.sort(
        Comparator.comparingInt((Box b) -> b.before.cardinality()).thenComparing(b -> b.number));
    for (Box b : order) {
      b.layer = b.from.stream().mapToInt(f -> boxes.get(f).layer + 1).max().orElse(0);
      layers.computeIfAbsent(b.layer, l -> new ArrayList<>()).add(b);
    }
    int widest = layers.values().stream().mapToInt(List::size).max().orElse(1);
    int total = widest * (WIDTH + ACROSS) + ACROSS;
    for (List<Box> layer : layers.values()) {
      layer.sort(Comparator.comparingDouble(this::wish));
      double left = (total - layer.size() * (WIDTH + ACROSS) + ACROSS) / 2.0;
      for (int i = 0; i < layer.size(); i++) {
        layer.get(i).x = left + i * (WIDTH + ACROSS);
      }
    }
    return new int[] {total, layers.size() * (HEIGHT + DOWN) + DOWN};
  }

  private double wish(Box b) {
    return b.from.stream().mapToDouble(f -> boxes.get(f).x).average().orElse(0);
  }

  /** The drawing. */
  public String svg() {
    StringBuilder s = new StringBuilder();
    s.append(
        Text.format(
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif">
            <rect width="100%%" height="100%%" fill="white"/>
            <text x="12" y="22" font-size="14">%s</text>
            """,
            width, height, escape(name)));
    for (Box b : boxes) {
      for (int f : b.from) {
        edge(s, boxes.get(f), b);
      }
    }
    boxes.forEach(b -> box(s, b));
    return s.append("</svg>\n").toString();
  }

  private static double top(Box b) {
    return DOWN + b.layer * (double) (HEIGHT + DOWN);
  }

  private static void edge(StringBuilder s, Box from, Box to) {
    double x1 = from.x + WIDTH / 2.0;
    double y1 = top(from) + HEIGHT;
    double x2 = to.x + WIDTH / 2.0;
    double y2 = top(to);
    s.append(
        Text.format(
            "<path d=\"M%.0f %.0f C%.0f %.0f %.0f %.0f %.0f %.0f\" fill=\"none\""
                + " stroke=\"#94a3b8\"/>%n",
            x1, y1, x1, y1 + 20, x2, y2 - 20, x2, y2));
  }

  private static void box(StringBuilder s, Box b) {
    String fill = b.title.endsWith(" grad") ? "#fef3c7" : "#dbeafe";
    String ops =
        b.ops.entrySet().stream()
            .map(e -> e.getKey() + (e.getValue() > 1 ? " ×" + e.getValue() : ""))
            .collect(Collectors.joining(", "));
    s.append(
        Text.format(
            """
            <g><title>%s
            %s
            %s</title><rect x="%.0f" y="%.0f" width="%d" height="%d" rx="5" fill="%s" stroke="#64748b"/>
            <text x="%.0f" y="%.0f" font-size="11">%s</text>
            <text x="%.0f" y="%.0f" font-size="9" fill="#475569">%s</text></g>
            """,
            escape(b.title),
            escape(ops),
            escape(b.type),
            b.x,
            top(b),
            WIDTH,
            HEIGHT,
            fill,
            b.x + 6,
            top(b) + 16,
            escape(cut(b.title, 32)),
            b.x + 6,
            top(b) + 32,
            escape(cut(ops, 42))));
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 1) + "…";
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** The drawing as a page. */
  public String html() {
    return Text.format(
        """
        <!doctype html>
        <meta charset="utf-8">
        <title>%s</title>
        <style>body { margin: 0 }</style>
        %s\
        """,
        escape(name), svg());
  }
}
