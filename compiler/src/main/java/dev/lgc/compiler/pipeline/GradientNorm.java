package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * The sum of the squares of all gradients, added up in an order that a rank with a share of every
 * gradient can follow. Each gradient is flattened and cut into as many blocks as a batch has
 * shards, all of one length: the last ones may be short or empty, and are filled up with zeros. The
 * squares of block s of all gradients are added in the order of the parameters; the sums of the
 * blocks are added in the tree of {@link Request.Sharding}.
 *
 * <p>Every block is a node of its own and of the same shape: a kernel over {@code [k, length]} may
 * add the elements of a row in another order than one over {@code [length]} does.
 *
 * <p>Where ranks store blocks of gradients, each computes the sums of its own blocks, and the few
 * numbers are gathered. A block is then of zeros where it would be left out otherwise.
 */
final class GradientNorm {
  private final GraphBuilder b;

  /** The ranks that hold a gradient together; of one rank, each gradient is whole. */
  private final RankGroup group;

  /** The sum of the squares of each block, of the gradients so far: of the own blocks only. */
  private final int[] sums;

  /** The norm of whole gradients. */
  GradientNorm(GraphBuilder b, int shards) {
    this(b, shards, RankGroup.all(1));
  }

  private GradientNorm(GraphBuilder b, int shards, RankGroup group) {
    this.b = b;
    this.group = group;
    this.sums = new int[shards / group.size()];
    Arrays.fill(sums, b.fill(0, TensorType.f32()));
  }

  /** The norm of gradients as ranks store them. */
  static GradientNorm of(GraphBuilder b, Request.Sharding sharding) {
    return new GradientNorm(b, sharding.shards(), RankGroup.all(sharding.group()));
  }

  /** Adds the squares of a gradient, or of what the rank stores of it. */
  void add(int gradient) {
    if (group.size() > 1) {
      int length = b.type(gradient).shape().dim(0) / sums.length;
      for (int s = 0; s < sums.length; s++) {
        int block = b.slice(gradient, 0, s * length, (s + 1) * length);
        sums[s] = b.plus(sums[s], squares(b, block));
      }
      return;
    }
    if (sums.length == 1) {
      sums[0] = b.plus(sums[0], squares(b, gradient));
      return;
    }
    int elements = Math.toIntExact(b.type(gradient).shape().elements());
    int flat = b.reshape(gradient, elements);
    int length = Math.ceilDiv(elements, sums.length);
    for (int s = 0; s < sums.length && (long) s * length < elements; s++) {
      sums[s] = b.plus(sums[s], squares(b, block(flat, s * length, length)));
    }
  }

  /**
   * The parameters whose gradients cannot be cut into blocks: a flat tensor has a size of 32 bits.
   */
  static List<Problem> problems(List<Storage> parameters, int shards) {
    if (shards == 1) {
      return List.of();
    }
    return parameters.stream()
        .filter(p -> p.type().shape().elements() > Integer.MAX_VALUE - shards + 1L)
        .map(GradientNorm::large)
        .toList();
  }

  private static Problem large(Storage p) {
    return new Problem(
        p.where(),
        p.path(),
        "the gradient norm",
        Text.format("cuts %d elements into a block for each shard", p.type().shape().elements()),
        Text.format(
            "at most %d are possible; train with `shards: 1`, or make the parameter smaller",
            Integer.MAX_VALUE));
  }

  /** Elements of a flat tensor, and zeros after its end. */
  private int block(int flat, int start, int length) {
    int elements = b.type(flat).shape().dim(0);
    int stop = (int) Math.min(elements, (long) start + length);
    int some = b.slice(flat, 0, start, stop);
    int missing = length - (stop - start);
    return missing == 0 ? some : b.add(new Pad(List.of(0), List.of(missing), 0), some);
  }

  /** The sum of the squares of one tensor. */
  static int squares(GraphBuilder b, int x) {
    return b.sum(b.mul(x, x));
  }

  /** The sums of all blocks, those of other ranks too. */
  private int[] gathered() {
    int[] all = new int[sums.length * group.size()];
    for (int s = 0; s < sums.length; s++) {
      int ofRanks = b.add(new AllGather(group), b.reshape(sums[s], 1));
      for (int p = 0; p < group.size(); p++) {
        all[p * sums.length + s] = b.reshape(b.slice(ofRanks, 0, p, p + 1));
      }
    }
    return all;
  }

  /** The sum of all: neighbours are added, then neighbouring sums, until one is left. */
  int total() {
    int[] level = group.size() > 1 ? gathered() : sums;
    while (level.length > 1) {
      int[] next = new int[level.length / 2];
      for (int i = 0; i < next.length; i++) {
        next[i] = b.plus(level[2 * i], level[2 * i + 1]);
      }
      level = next;
    }
    return level[0];
  }
}
