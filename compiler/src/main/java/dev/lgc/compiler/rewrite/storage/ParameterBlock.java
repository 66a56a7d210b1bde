package dev.lgc.compiler.rewrite.storage;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.After;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.DynamicSlice;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.op.ReduceScatter;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;

/**
 * The block of a tensor that a rank stores, where a group of ranks holds the tensor together. The
 * tensor is flattened, filled up with zeros to a multiple of the shards of a batch, and cut into
 * equal blocks, one for each rank by its place in the group.
 *
 * <pre>
 * [3, 5], 4 shards      15 elements and a zero
 *   a group of 2        blocks of 8: {0 … 7}, {8 … 14, 0}
 *   a group of 4        blocks of 4: {0 … 3}, {4 … 7}, {8 … 11}, {12 … 14, 0}
 * </pre>
 *
 * @param whole the tensor as the model declares it, F32
 * @param shards of a batch: the flat tensor is as long on any number of ranks
 * @param group ranks that hold one tensor together, neighbours
 */
public record ParameterBlock(TensorType whole, int shards, RankGroup group) implements RankPart {
  public ParameterBlock {
    if (whole.dtype() != DType.F32 || group.stride() != 1 || shards % group.size() != 0) {
      throw new IllegalArgumentException(whole + " in blocks of " + shards + " shards " + group);
    }
  }

  /** Elements of a shard: a block is of one or more. */
  public int perShard() {
    return Math.toIntExact(Math.ceilDiv(whole.shape().elements(), (long) shards));
  }

  /** Shards of a block. */
  public int perBlock() {
    return shards / group.size();
  }

  /** The first element of the tensor in a rank's block; its end if the block has zeros only. */
  public long first(int rank) {
    long length = type().shape().elements();
    return Math.min(group.place(rank) * length, whole.shape().elements());
  }

  /** Elements of the tensor in a rank's block, before the zeros. */
  public long elements(int rank) {
    long length = type().shape().elements();
    return Math.min(length, whole.shape().elements() - first(rank));
  }

  /** Elements of the flat tensor with the zeros at its end. */
  private int elements() {
    return Math.multiplyExact(perShard(), shards);
  }

  /** The type of a block: F32, flat. */
  @Override
  public TensorType type() {
    return TensorType.f32(perShard() * perBlock());
  }

  /** The whole tensor, flat and filled up, of the tensor {@code x}. */
  private int flat(GraphBuilder b, int x) {
    int flat = b.reshape(x, Math.toIntExact(whole.shape().elements()));
    int missing = elements() - b.type(flat).shape().dim(0);
    return missing == 0 ? flat : b.add(new Pad(List.of(0), List.of(missing), 0), flat);
  }

  /**
   * The rank's block of a tensor that every rank of the group has whole.
   *
   * <p>A rank's place in its group is the mean of what all ranks say that it is.
   */
  public int own(GraphBuilder b, int x) {
    int places = b.cast(b.iota(0, Shape.of(group.size())), DType.F32);
    int sum = b.add(new ReduceScatter(group), places);
    int place = b.reshape(b.cast(b.scale(sum, 1.0 / group.size()), DType.I32));
    int length = perShard() * perBlock();
    return b.add(new DynamicSlice(0, length), flat(b, x), b.scale(place, length));
  }

  /**
   * The rank's block of the sum of a tensor over all ranks of a run: over the group, then over the
   * ranks with the same place in each group. That is one balanced tree over all ranks.
   *
   * @param ranks of the run
   */
  public int sum(GraphBuilder b, int x, int ranks) {
    return acrossGroups(b, scattered(b, x, DType.F32), ranks);
  }

  /**
   * The rank's block of the sum of a tensor over the group.
   *
   * @param sent the type that each rank's tensor is rounded to, and sent in
   */
  public int scattered(GraphBuilder b, int x, DType sent) {
    // What is added is computed as it is where it is stored: never together with the zeros.
    return b.add(new ReduceScatter(group), flat(b, b.cast(b.add(new After(), x, x), sent)));
  }

  /** A tensor of F32 in another type, computed as it is where it is stored. */
  public static int rounded(GraphBuilder b, int x, DType type) {
    return type == DType.F32 ? x : b.cast(b.add(new After(), x, x), type);
  }

  /** The sum of a block over the ranks with the same place in each group. */
  public int acrossGroups(GraphBuilder b, int block, int ranks) {
    int groups = ranks / group.size();
    return groups == 1 ? block : b.add(new AllReduce(new RankGroup(groups, group.size())), block);
  }

  /** The whole tensor of the group's blocks, which may be in another dtype. */
  public int gathered(GraphBuilder b, int block) {
    int flat = b.add(new AllGather(group), block);
    int some = b.slice(flat, 0, 0, Math.toIntExact(whole.shape().elements()));
    return b.reshape(some, whole.shape());
  }
}
