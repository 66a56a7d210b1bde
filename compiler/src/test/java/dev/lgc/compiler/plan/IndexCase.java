package dev.lgc.compiler.plan;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.DynamicSlice;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Gather;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.Pick;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;

/**
 * Graphs that choose elements by an index from the caller, each with an axis inside of which the
 * next larger index still is an element of the same buffer.
 *
 * @param name of what is tried
 * @param graph with inputs {@code x} (F32), perhaps {@code update}, and {@code index}
 * @param stored what the graph updates
 * @param extent indexes from 0 to below it are sound
 */
record IndexCase(String name, Graph graph, List<StorageDeclaration> stored, int extent) {
  private static final int ROWS = 35;

  @Override
  public String toString() {
    return name;
  }

  static List<IndexCase> all() {
    return List.of(
        of("a row of a table", 5, b -> b.add(new Gather(), x(b, 5, 16), index(b, ROWS))),
        of("a number of a table", 5, b -> b.add(new Gather(), x(b, 5), index(b, ROWS))),
        // The table is a part of a larger tensor: what is beyond it is there.
        of(
            "a row of a part of a table",
            4,
            b -> b.add(new Gather(), b.slice(x(b, 9, 16), 0, 2, 6), index(b, ROWS))),
        of(
            "a column of a table",
            5,
            b -> b.add(new Gather(), b.transpose(x(b, 16, 5), 1, 0), index(b, 3))),
        of(
            "rows of a table, padded",
            5,
            b -> {
              int rows = b.add(new Gather(), x(b, 5, 4), index(b, 7));
              return b.add(new Pad(List.of(3, 0), List.of(2, 0), 0), rows);
            }),
        of("an element of each row", 7, b -> b.add(new Pick(), x(b, ROWS, 7), index(b, ROWS))),
        of(
            "an element of each row, of many",
            7,
            b -> b.add(new Pick(), x(b, 3, 40, 7), index(b, 3, 40))),
        of(
            "the logarithm of a probability",
            7,
            b -> {
              int logits = x(b, ROWS, 7);
              int e = b.exp(logits);
              int sums = b.unreduce(b.sum(e, List.of(1)), List.of(1), Shape.of(ROWS, 7));
              return b.sum(b.log(b.add(new Pick(), b.div(e, sums), index(b, ROWS))));
            }),
        of("a column", 7, b -> b.add(new DynamicSlice(1, 1), x(b, 12, 7), index(b))),
        of("some columns", 5, b -> b.add(new DynamicSlice(1, 3), x(b, 12, 7), index(b))),
        of(
            "replaced columns",
            5,
            b -> b.add(new DynamicUpdate(1), x(b, 12, 7), update(b, 12, 3), index(b))),
        inPlace());
  }

  /** As a cache is written. */
  private static IndexCase inPlace() {
    TensorType type = TensorType.f32(6, 5, 8);
    GraphBuilder b = new GraphBuilder();
    int cache = b.add(new Stored("cache", type));
    int updated = b.add(new DynamicUpdate(1), cache, update(b, 6, 2, 8), index(b));
    Graph g = b.build("index", Map.of(), Map.of("cache", updated));
    StorageDeclaration declared = new StorageDeclaration("cache", StoredId.Role.BUFFER, type);
    return new IndexCase("rows of a cache, in place", g, List.of(declared), 4);
  }

  private interface Value {
    int of(GraphBuilder b);
  }

  private static IndexCase of(String name, int extent, Value value) {
    GraphBuilder b = new GraphBuilder();
    int y = value.of(b);
    return new IndexCase(name, b.build("index", Map.of("y", y), Map.of()), List.of(), extent);
  }

  private static int x(GraphBuilder b, int... dims) {
    return b.add(new Input("x", TensorType.f32(dims)));
  }

  private static int update(GraphBuilder b, int... dims) {
    return b.add(new Input("update", TensorType.f32(dims)));
  }

  private static int index(GraphBuilder b, int... dims) {
    return b.add(new Input("index", new TensorType(DType.I32, Shape.of(dims))));
  }
}
