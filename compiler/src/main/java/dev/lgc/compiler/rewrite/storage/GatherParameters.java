package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.ParameterUses.WholeParameter;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.type.DType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Gathers parameters of which ranks store blocks (arXiv:1910.02054, arXiv:2304.11277), for a step
 * that reads them whole: shortly before they are read, and again where they are read much later, as
 * the backward part does. What is gathered is an intermediate value, whose memory is free after its
 * last use.
 *
 * <pre>
 * before: y = contract(x, stored w)  …  g' = contract(g, stored w)
 * after:  y = contract(x, reshape(slice(allgather(stored block))))
 *           …  g' = contract(g, reshape(slice(allgather(after(stored block, p)))))
 * </pre>
 *
 * <p>{@code p} is a product of the graph: {@link After} keeps what is gathered again apart from
 * what was, and from being gathered any earlier. {@link GatherSchedule} says when. A parameter that
 * is only read in BF16 is rounded before it is gathered: half as many bytes, the same bits.
 *
 * <p>A step that gathers something already stays as it is.
 */
public final class GatherParameters {
  /** The {@link Origin#derivation()} of what gathers a parameter. */
  public static final String GATHER = "gather";

  /** Bytes of whole parameters that are worth a message of their own. */
  public static final long BYTES = 25 << 20;

  private final Map<String, ParameterBlock> blocks = new LinkedHashMap<>();
  private final long bytes;

  private GatherParameters(List<StorageDeclaration> stored, long most) {
    for (StorageDeclaration d : stored) {
      if (d.id().role() == Role.PARAMETER) {
        d.block().ifPresent(k -> blocks.put(d.name(), k));
      }
    }
    // The largest parameter takes as much memory anyway.
    long largest = blocks.values().stream().mapToLong(k -> k.whole().bytes()).max().orElse(0);
    bytes = Math.min(most, largest);
  }

  /** The gathering of what is stored in blocks. */
  public static GatherParameters of(List<StorageDeclaration> stored) {
    return new GatherParameters(stored, BYTES);
  }

  /** True if nothing is stored in blocks. */
  public boolean isEmpty() {
    return blocks.isEmpty();
  }

  /** Bytes of parameters that are whole at one time in a step that gathers them. */
  public long whole() {
    return 2 * bytes;
  }

  /** A step that gathers the parameters that it reads. */
  public Graph apply(Graph g) {
    boolean reads =
        g.nodes().stream()
            .anyMatch(n -> n.op() instanceof Stored s && blocks.containsKey(s.path()));
    boolean gathers = g.nodes().stream().anyMatch(n -> n.op() instanceof AllGather);
    return reads && !gathers ? new Rewriting(g).rewritten() : g;
  }

  /** One step on its way. */
  private final class Rewriting {
    private final Graph g;
    private final ParameterUses uses;
    private final GatherSchedule schedule;
    private final GraphBuilder b = new GraphBuilder();
    private final int[] values;

    /** By path of a parameter: where it is first read. */
    private final Map<String, SourcePlace> places = new HashMap<>();

    /** By bucket: its whole tensors. */
    private final Map<Integer, Map<WholeParameter, Integer>> whole = new HashMap<>();

    Rewriting(Graph g) {
      this.g = g;
      uses = new ParameterUses(g, blocks.keySet());
      schedule =
          new GatherSchedule(
              g, uses, bytes, p -> blocks.get(p.path()).whole().withDType(p.dtype()).bytes());
      values = new int[g.nodes().size()];
      for (Node n : g.nodes()) {
        if (n.op() instanceof Stored s) {
          places.putIfAbsent(s.path(), n.origin().where());
        }
      }
    }

    Graph rewritten() {
      gatherAfter(GatherSchedule.AT_ONCE);
      for (int i = 0; i < values.length; i++) {
        int number = i;
        Node n = g.node(i);
        if (!uses.isView(i)) {
          int[] x = n.operands().stream().mapToInt(o -> value(o, number)).toArray();
          values[i] = b.at(n.origin(), () -> b.add(n.op(), x));
        }
        gatherAfter(i);
      }
      return b.build(g.name(), results(g.outputs()), results(g.updates()));
    }

    private Map<String, Integer> results(Map<String, Integer> before) {
      Map<String, Integer> after = new LinkedHashMap<>();
      before.forEach((name, v) -> after.put(name, value(v, values.length)));
      return after;
    }

    /** A value as a node reads it: the copy of a view is of what is whole at that time. */
    private int value(int n, int reader) {
      if (!uses.isView(n)) {
        return values[n];
      }
      Node node = g.node(n);
      if (node.op() instanceof Stored s) {
        return tensor(new WholeParameter(s.path(), DType.F32), reader);
      }
      if (uses.narrowed(n).isPresent()) {
        return heldBack(node.operands().getFirst(), tensor(uses.narrowed(n).get(), reader), reader);
      }
      int[] x = node.operands().stream().mapToInt(o -> value(o, reader)).toArray();
      return b.at(node.origin(), () -> b.add(node.op(), x));
    }

    private int tensor(WholeParameter p, int reader) {
      return whole.get(schedule.bucket(reader, p)).get(p);
    }

    /** A tensor held back as the view that it stands for is. */
    private int heldBack(int n, int tensor, int reader) {
      Node node = g.node(n);
      if (!(node.op() instanceof After)) {
        return tensor;
      }
      int inner = heldBack(node.operands().getFirst(), tensor, reader);
      return b.at(node.origin(), () -> b.add(node.op(), inner, values[node.operands().get(1)]));
    }

    private void gatherAfter(int node) {
      schedule.after(node).forEach(k -> gather(k, node));
    }

    /** Gathers a bucket: first all of its blocks are there, then they are gathered together. */
    private void gather(int bucket, int after) {
      Map<WholeParameter, Integer> own = new LinkedHashMap<>();
      for (WholeParameter p : schedule.parameters(bucket)) {
        own.put(p, at(p, () -> block(p, after)));
      }
      Map<WholeParameter, Integer> tensors = new HashMap<>();
      own.forEach(
          (p, x) ->
              tensors.put(
                  p,
                  at(
                      p,
                      () -> {
                        int held = after < 0 ? x : b.add(new After(), x, values[after]);
                        return blocks.get(p.path()).gathered(b, held);
                      })));
      whole.put(bucket, tensors);
    }

    private int block(WholeParameter p, int after) {
      int stored = b.add(new Stored(p.path(), blocks.get(p.path()).type()));
      boolean narrow = p.dtype() != DType.F32 && after >= 0;
      return b.cast(narrow ? b.add(new After(), stored, values[after]) : stored, p.dtype());
    }

    private int at(WholeParameter p, Supplier<Integer> body) {
      return b.at(new Origin(places.get(p.path()), p.path(), GATHER), body);
    }
  }
}
