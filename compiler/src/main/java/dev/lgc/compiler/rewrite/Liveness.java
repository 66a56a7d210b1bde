package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.memory.Placement;
import dev.lgc.compiler.op.Source;
import dev.lgc.compiler.op.Stored;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The liveness of each value of a training graph on a rank: the times at which it is in memory, by
 * its {@link KernelUses} and by what the rank scatters and gathers.
 */
final class Liveness {
  final KernelUses uses;
  final Graph graph;

  /** The last use of each node by the backward part, {@link KernelUses#NEVER} if there is none. */
  final int[] lastBackward;

  /** Bytes of what is updated and read, gradients that are added to, say, and of {@link #rank}. */
  private long always;

  /** By time: bytes of blocks of gradients that are there from that time on. */
  final long[] blocks;

  private final RankMemory rank;
  private final Set<Integer> placedElsewhere = new HashSet<>();

  Liveness(KernelUses uses, RankMemory rank) {
    this.uses = uses;
    this.rank = rank;
    graph = uses.graph;
    lastBackward = uses.lastBackward.clone();
    blocks = new long[uses.times];
    elsewhere();
  }

  /** Outputs, and updates of what the graph also reads, have memory of their own. */
  private void elsewhere() {
    graph.outputs().values().forEach(v -> placedElsewhere.add(uses.base[v]));
    always = rank.gathered();
    List<Integer> scattered = new ArrayList<>();
    Set<String> read = new HashSet<>();
    for (Node n : graph.nodes()) {
      if (n.op() instanceof Stored s) {
        read.add(s.path());
      }
    }
    for (Map.Entry<String, Integer> u : graph.updates().entrySet()) {
      int v = uses.base[u.getValue()];
      if (read.contains(u.getKey())) {
        placedElsewhere.add(v);
        always += bytes(v);
      } else if (isStored(v) && rank.scattered().containsKey(u.getKey())) {
        scattered.add(v);
        blocks[uses.defined[v]] += Placement.align(rank.scattered().get(u.getKey()));
      } else {
        // A gradient: it lasts, in memory that was free until now.
        lastBackward[v] = uses.times - 1;
      }
    }
    scatter(scattered);
  }

  /** Gradients that are scattered are whole until there are enough of them for a message. */
  private void scatter(List<Integer> gradients) {
    gradients.sort(Comparator.comparingInt(v -> uses.defined[v]));
    List<Integer> message = new ArrayList<>();
    long waiting = 0;
    for (int v : gradients) {
      message.add(v);
      waiting += bytes(v);
      if (waiting >= rank.message()) {
        int sent = Math.min(uses.times - 1, uses.defined[v] + 1);
        message.forEach(m -> lastBackward[m] = Math.max(lastBackward[m], sent));
        message.clear();
        waiting = 0;
      }
    }
    message.forEach(m -> lastBackward[m] = uses.times - 1);
  }

  long always() {
    return always;
  }

  boolean isForward(int n) {
    return uses.forward[n];
  }

  boolean isSource(int n) {
    return graph.node(n).op() instanceof Source;
  }

  /** Returns true if a node is computed into memory. */
  boolean isStored(int n) {
    return uses.defined[n] != KernelUses.NEVER;
  }

  /** Returns true if its memory is part of what is counted. */
  boolean isCounted(int n) {
    return isStored(n) && !placedElsewhere.contains(n);
  }

  long elements(int n) {
    return uses.elements(n);
  }

  long bytes(int n) {
    return Placement.align(graph.node(n).type().bytes());
  }
}
