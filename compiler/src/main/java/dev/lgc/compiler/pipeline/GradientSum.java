package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.rewrite.storage.ParameterBlock;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.DType;

/**
 * The sum of gradients over the ranks of a run, and how they are stored: whole on every rank, or a
 * rank's block of each.
 *
 * <pre>
 * whole    gradient:w := g       gradient:w := allreduce g
 * blocks   local:w    := g       gradient:w := reducescatter (flat g)
 * </pre>
 *
 * @param leaves the type that the gradient of each shard is rounded to before they are added up
 */
record GradientSum(Request.Sharding sharding, DType leaves) {
  /**
   * The complete gradient of a shard as it is added to others: F32, rounded to the leaves' type.
   */
  int leaf(GraphBuilder b, int gradient) {
    return b.cast(b.cast(gradient, leaves), DType.F32);
  }

  /** The gradient of a rank's own samples so far, which is whole. */
  StoredId own(Storage parameter) {
    return new StoredId(sharding.hasBlocks() ? Role.LOCAL : Role.GRADIENT, parameter.path());
  }

  /** The sum of a gradient over all ranks: F32, as the GRADIENT of the parameter is declared. */
  int of(GraphBuilder b, Storage parameter, int gradient) {
    int ranks = sharding.ranks();
    if (ranks == 1) {
      return gradient;
    }
    return sharding.hasBlocks()
        ? block(parameter).sum(b, gradient, ranks)
        : b.add(new AllReduce(RankGroup.all(ranks)), gradient);
  }

  /** The block of a parameter that each rank stores, where ranks do. */
  ParameterBlock block(Storage parameter) {
    return new ParameterBlock(parameter.type(), sharding.shards(), RankGroup.all(sharding.group()));
  }

  /** A tensor of a parameter's shape, as it is stored. */
  StorageDeclaration declaration(Role role, Storage parameter) {
    StoredId id = new StoredId(role, parameter.path());
    return sharding.hasBlocks()
        ? new StorageDeclaration(id, block(parameter))
        : new StorageDeclaration(id, parameter.type());
  }
}
