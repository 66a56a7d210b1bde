package dev.lgc.runtime.simulate;

import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.Collective;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.compiler.pipeline.Request;
import java.util.List;

/**
 * The collectives of a run, of those of a plan for other ranks. Parameters are gathered, and
 * gradients scattered, within a group; all-reduces are between the ranks with the same place in
 * each group.
 *
 * @param compiled the ranks of the plan
 * @param run the ranks to play
 */
record GroupScaling(Request.Sharding compiled, Request.Sharding run) {
  GroupScaling {
    if (compiled.hasBlocks() != run.hasBlocks() || compiled.perRank() != run.perRank()) {
      throw new IllegalArgumentException(run + " played with a plan for " + compiled);
    }
  }

  /** The collective over as many ranks as there are. */
  Collective op(Collective op) {
    RankGroup group = new RankGroup(run.group(), 1);
    return switch (op) {
      case AllReduce _ -> new AllReduce(new RankGroup(run.ranks() / run.group(), run.group()));
      case AllGather _ -> new AllGather(group);
      case ReduceScatter _ -> new ReduceScatter(group);
    };
  }

  /** Bytes of an operand: of a block, as large as it is in a group of that size. */
  long bytes(Collective op, long compiledBytes) {
    return switch (op) {
      case AllReduce _, AllGather _ -> compiledBytes * compiled.group() / run.group();
      case ReduceScatter _ -> compiledBytes;
    };
  }

  List<Long> bytes(Collective op, List<Long> tensors) {
    return tensors.stream().map(b -> bytes(op, b)).toList();
  }
}
