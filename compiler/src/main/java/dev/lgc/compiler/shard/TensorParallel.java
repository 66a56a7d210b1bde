package dev.lgc.compiler.shard;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.rewrite.storage.AxisPart;
import dev.lgc.compiler.rewrite.storage.AxisSplit;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Splits the steps of a plan over ranks that compute them together: each stores a part of the
 * matrices and caches, and computes with it. See the package.
 *
 * <p>Outputs and inputs are whole on every rank, and outputs have the same bits there.
 */
public final class TensorParallel {
  private final StoredSplits splits;
  private final List<Graph> graphs = new ArrayList<>();

  private TensorParallel(StoredSplits splits) {
    this.splits = splits;
  }

  /**
   * Splits steps over {@code ranks} ranks.
   *
   * @param before their graphs
   * @param stored what lives between them
   */
  public static TensorParallel of(List<Graph> before, List<StorageDeclaration> stored, int ranks) {
    TensorParallel t = new TensorParallel(new StoredSplits(stored, ranks));
    List<AxisCuts> cuts = before.stream().map(AxisCuts::new).toList();
    List<Set<Integer>> gathered = before.stream().<Set<Integer>>map(g -> new TreeSet<>()).toList();
    List<SplitAnalysis> analyses = new ArrayList<>();
    do {
      analyses.clear();
      for (int i = 0; i < before.size(); i++) {
        analyses.add(new SplitAnalysis(before.get(i), cuts.get(i), t.splits, gathered.get(i)));
      }
    } while (t.splits.hasChanged() || t.gather(analyses, gathered));
    for (int i = 0; i < before.size(); i++) {
      t.graphs.add(SplitRewriting.of(before.get(i), analyses.get(i), t.splits));
    }
    return t;
  }

  /** Returns true if some values are to be gathered at once that were not. */
  private boolean gather(List<SplitAnalysis> analyses, List<Set<Integer>> gathered) {
    boolean some = false;
    for (int i = 0; i < gathered.size(); i++) {
      some |= gathered.get(i).addAll(analyses.get(i).toGather());
    }
    return some;
  }

  /** The graphs of a rank's steps. */
  public List<Graph> graphs() {
    return List.copyOf(graphs);
  }

  /** The declarations of what a rank stores. */
  public List<StorageDeclaration> stored(List<StorageDeclaration> before) {
    return before.stream().map(this::of).toList();
  }

  private StorageDeclaration of(StorageDeclaration d) {
    Optional<AxisSplit> split = splits.of(d.name());
    if (split.isEmpty()) {
      return d;
    }
    return d.id().role() == Role.CACHE
        ? new StorageDeclaration(d.id(), split.get().local(d.type()), d.layout())
        : new StorageDeclaration(d.id(), new AxisPart(d.type(), split.get()));
  }
}
