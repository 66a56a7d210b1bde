package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.Fuser;
import dev.lgc.compiler.fuse.FusionLimits;
import dev.lgc.compiler.fuse.LiveOut;
import dev.lgc.compiler.fuse.NodeCall;
import java.util.List;

/**
 * The kernels of one step, which do not depend on where its values will be or on other graphs: so
 * graphs are fused side by side, and given their places one after the other.
 *
 * @param step with its final graph
 * @param base for every node the node whose memory it is in
 * @param calls in no particular order
 */
record Fusion(StepGraph step, int[] base, List<NodeCall> calls) {

  static Fusion of(StepGraph step, FusionLimits limits) {
    int[] base = Fuser.bases(step.graph());
    return new Fusion(step, base, Fuser.fuse(step.graph(), LiveOut.of(step.graph(), base), limits));
  }
}
