package dev.lgc.compiler.plan;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.fuse.FusedCall;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.op.Stored;
import java.util.ArrayList;
import java.util.List;

/** Calls of kernels that compute a stored tensor's new value straight to where the old one is. */
final class Overwriting {
  private Overwriting() {}

  /**
   * Returns true if a call that reads the old value of what it overwrites does so only at the
   * element it writes, and not afterwards.
   */
  static boolean isSafe(Graph graph, FusedCall c, int node, String path) {
    int written = c.bindings().indexOf(node);
    int writes = -1;
    List<Stage> stages = c.kernel().stages();
    for (int i = 0; i < stages.size(); i++) {
      if (stages.get(i).target() instanceof Stage.Target.Store t && t.buffer() == written) {
        writes = i;
      }
    }
    Stage.Target.Store store = (Stage.Target.Store) stages.get(writes).target();
    boolean pointwise = stages.get(writes).axes().isEmpty();
    for (int b = 0; b < c.bindings().size(); b++) {
      if (c.bindings().get(b) < 0
          || !(graph.node(c.bindings().get(b)).op() instanceof Stored s)
          || !s.path().equals(path)) {
        continue;
      }
      for (int i = 0; i < stages.size(); i++) {
        for (Scalar.Load l : loads(stages.get(i), b)) {
          boolean same = l.index().getFirst().equals(store.index());
          if (i > writes || !same || i < writes && !pointwise) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private static List<Scalar.Load> loads(Stage s, int buffer) {
    List<Scalar.Load> found = new ArrayList<>();
    List<Scalar> todo = new ArrayList<>(List.of(s.value()));
    if (s.target() instanceof Stage.Target.Store t) {
      todo.add(t.index());
    }
    while (!todo.isEmpty()) {
      Scalar x = todo.removeLast();
      if (x instanceof Scalar.Load l && l.operand() == buffer) {
        found.add(l);
      }
      todo.addAll(x.children());
    }
    return found;
  }
}
