package dev.lgc.compiler.build;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.Input;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds an entry into a graph builder. Inputs keep their names; randomness reads the input {@code
 * key} int[4], the step count is the input {@code step} float[]. Broadcasts become explicit.
 */
public final class EntryBuilder {
  /**
   * Input with the random key: seed low, seed high, step, micro-batch; where codes are drawn, one
   * for each row: seed low, seed high, the sample's number, position.
   */
  public static final String KEY = "key";

  /** Input with the number of optimizer steps done. */
  public static final String STEP = "step";

  private final GraphBuilder b;

  private final boolean direct;

  private EntryBuilder(GraphBuilder b, boolean direct) {
    this.b = b;
    this.direct = direct;
  }

  /** The values in the builder that an entry's names stand for. */
  public record Built(Map<String, Integer> outputs, Map<String, Integer> updates) {}

  /** Adds an entry to a builder. */
  public static Built add(GraphBuilder b, Entry entry) {
    return new EntryBuilder(b, false).entry(entry, Map.of());
  }

  /** Adds an entry to a builder, with values that stand for some of its inputs. */
  public static Built add(GraphBuilder b, Entry entry, Map<String, Integer> inputs) {
    return new EntryBuilder(b, false).entry(entry, inputs);
  }

  /** The entry as a graph of its name. */
  public static Graph graph(Entry entry) {
    return graph(entry, entry.name(), false);
  }

  /**
   * The entry as a graph.
   *
   * @param direct true for convolutions without {@link WinogradConvolution}: of the products of its
   *     weighted sums large parts cancel, so that rounding their factors would be an error two to
   *     three times as large
   */
  public static Graph graph(Entry entry, String name, boolean direct) {
    GraphBuilder b = new GraphBuilder();
    Built built = new EntryBuilder(b, direct).entry(entry, Map.of());
    return b.build(name, built.outputs(), built.updates());
  }

  private Built entry(Entry entry, Map<String, Integer> inputs) {
    List<Definition> definitions = entry.values();
    int[] values = new int[definitions.size()];
    for (int i = 0; i < values.length; i++) {
      Definition d = definitions.get(i);
      String module = d instanceof Call c ? c.module() : "";
      values[i] =
          b.at(
              new Origin(d.where(), module, ""),
              () ->
                  switch (d) {
                    case Definition.Input in -> input(in.name(), in.type(), inputs);
                    case Definition.Read read -> b.add(new Stored(read.path(), read.type()));
                    case Call c ->
                        new CallBuilder(b, c, direct)
                            .build(c.operands().stream().mapToInt(o -> values[o]).toArray());
                  });
    }
    return new Built(named(entry.outputs(), values), named(entry.updates(), values));
  }

  private int input(String name, TensorType type, Map<String, Integer> inputs) {
    Integer given = inputs.get(name);
    if (given == null) {
      return b.add(new Input(name, type));
    }
    if (!b.type(given).equals(type)) {
      throw new IllegalArgumentException(name + " is " + b.type(given) + ", expected " + type);
    }
    return given;
  }

  private static Map<String, Integer> named(Map<String, Integer> names, int[] values) {
    Map<String, Integer> result = new LinkedHashMap<>();
    names.forEach((k, v) -> result.put(k, values[v]));
    return result;
  }
}
