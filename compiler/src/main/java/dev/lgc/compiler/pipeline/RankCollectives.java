package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Graphs;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.plan.StepGraph;
import dev.lgc.compiler.plan.StepId.Kind;
import dev.lgc.compiler.rewrite.RankMemory;
import dev.lgc.compiler.rewrite.storage.GatherParameters;
import dev.lgc.compiler.rewrite.storage.ParameterBlock;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The last pass, where several ranks train: has the step in which a rank's gradients are complete
 * add up those of all ranks, each as soon as it is there, and has steps gather the parameters of
 * which ranks store blocks ({@link GatherParameters}).
 *
 * <pre>
 * before: gradient:w := g                      y = contract(x, stored w)
 * after:  gradient:w := allreduce g            the same, where ranks have all parameters
 *         gradient:w := reducescatter flat g   y = contract(x, allgather (stored block of w))
 * </pre>
 *
 * <p>Where gradients of shards are rounded, it is {@code allreduce (cast g)}.
 *
 * <p>Until then a step is that of one process, so that all that is decided about it is, too: which
 * values are computed again, what a kernel computes, how it rounds. A step that has collectives
 * already stays as it is.
 */
final class RankCollectives {
  /** The steps that may get collectives; those that work on blocks are derived with them. */
  static final Set<Kind> KINDS =
      EnumSet.complementOf(EnumSet.of(Kind.INITIALISE, Kind.COMBINE, Kind.UPDATE));

  private final Derived d;
  private final GatherParameters parameters;

  /** By name of a gradient. */
  private final Map<String, StorageDeclaration> gradients = new HashMap<>();

  /** The type in which a rank's gradients are sent. */
  private final DType sent;

  private RankCollectives(Derived d, DType sent) {
    this.d = d;
    this.sent = sent;
    parameters = GatherParameters.of(d.stored());
    d.stored().stream()
        .filter(s -> s.id().role() == Role.GRADIENT)
        .forEach(s -> gradients.put(s.name(), s));
  }

  /**
   * The steps of a rank; with the plan that there is, which was made for them.
   *
   * @param sent the type that gradients of shards are rounded to, and sent in where a rank has one
   *     shard
   */
  static Derived of(Derived d, DType sent) {
    if (d.sharding().ranks() == 1) {
      return d;
    }
    if (d.planned().isPresent()) {
      Derived.Planned planned = d.planned().get();
      return d.with(planned.steps()).planned(planned);
    }
    RankCollectives c = new RankCollectives(d, sent);
    return d.with(d.steps().stream().map(c::of).toList());
  }

  /** The memory in which a rank differs from one process, once this pass is done. */
  static RankMemory memory(Derived d) {
    if (!d.sharding().hasBlocks()) {
      return RankMemory.NONE;
    }
    RankCollectives c = new RankCollectives(d, DType.F32);
    Map<String, Long> blocks = new HashMap<>();
    c.gradients.forEach((name, g) -> blocks.put(name, g.type().bytes()));
    return new RankMemory(blocks, GatherParameters.BYTES, c.parameters.whole());
  }

  private StepGraph of(StepGraph s) {
    if (!KINDS.contains(s.id().kind())) {
      return s;
    }
    return s.with(parameters.apply(isComplete(s) ? summed(s.graph()) : s.graph()));
  }

  /** Returns true for the step after which a rank's gradients are complete. */
  private boolean isComplete(StepGraph s) {
    boolean later =
        d.steps().stream()
            .anyMatch(o -> o.id().kind() == Kind.REDUCE && o.id().owner().equals(s.id().owner()));
    return switch (s.id().kind()) {
      case REDUCE -> true;
      case GRADIENTS -> d.sharding().isReducedAtOnce() && !later;
      case INITIALISE, EVALUATE, ACCUMULATE, COMBINE, UPDATE, LOSS, PREFILL, STEP -> false;
    };
  }

  private Graph summed(Graph g) {
    Map<Integer, List<String>> names = new HashMap<>();
    g.updates()
        .forEach(
            (name, v) -> {
              if (gradients.containsKey(name) && !(g.node(v).op() instanceof Collective)) {
                names.computeIfAbsent(v, x -> new ArrayList<>()).add(name);
              }
            });
    GraphBuilder b = new GraphBuilder();
    GradientBucket bucket = new GradientBucket(b);
    int[] values =
        b.rewrite(
            g,
            (i, x) -> {
              int v = b.add(g.node(i).op(), x);
              names.getOrDefault(i, List.of()).forEach(n -> bucket.add(gradients.get(n), v));
              return v;
            });
    bucket.close();
    Map<String, Integer> updates = new LinkedHashMap<>();
    g.updates().forEach((name, v) -> updates.put(name, bucket.sums.getOrDefault(name, values[v])));
    return b.build(g.name(), Graphs.renamed(g.outputs(), values), updates);
  }

  /**
   * Gradients that are added up over groups already, and are going to be over all ranks: some at a
   * time, since collectives of one kind share messages.
   */
  private final class GradientBucket {
    private final GraphBuilder b;
    private final Map<StorageDeclaration, Integer> blocks = new LinkedHashMap<>();
    private long bytes;

    /** By name of a gradient: the sum over all ranks. */
    final Map<String, Integer> sums = new HashMap<>();

    GradientBucket(GraphBuilder b) {
      this.b = b;
    }

    void add(StorageDeclaration gradient, int value) {
      if (gradient.block().isEmpty()) {
        AllReduce all = new AllReduce(RankGroup.all(d.sharding().ranks()));
        sums.put(
            gradient.name(),
            b.derived(
                value, "all-reduce", () -> b.add(all, ParameterBlock.rounded(b, value, sent))));
        return;
      }
      ParameterBlock k = gradient.block().get();
      blocks.put(gradient, b.derived(value, "reduce-scatter", () -> k.scattered(b, value, sent)));
      bytes += k.whole().withDType(sent).bytes();
      if (bytes >= GatherParameters.BYTES) {
        close();
      }
    }

    void close() {
      boolean isHybrid = d.sharding().ranks() > d.sharding().group();
      int last = blocks.isEmpty() ? 0 : List.copyOf(blocks.values()).getLast();
      blocks.forEach(
          (gradient, block) ->
              sums.put(
                  gradient.name(),
                  isHybrid
                      ? b.derived(block, "all-reduce", () -> across(gradient, block, last))
                      : block));
      blocks.clear();
      bytes = 0;
    }

    private int across(StorageDeclaration gradient, int block, int last) {
      int held = b.add(new After(), block, last);
      return gradient.block().orElseThrow().acrossGroups(b, held, d.sharding().ranks());
    }
  }
}
