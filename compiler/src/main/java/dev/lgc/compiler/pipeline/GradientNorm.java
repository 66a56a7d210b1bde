package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.op.AllGather;
import dev.lgc.compiler.op.Pad;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.compiler.rewrite.Problem;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The sum of the squares of all gradients, added up in an order that a rank with a share of every
 * gradient can follow. Each gradient is flattened and cut into as many blocks as a batch has
 * shards, all of one length: the last ones may be short or empty, and are filled up with zeros. A
 * block is cut into rows of {@value #LANES} elements, of which each has a sum of its own:
 *
 * <pre>
 * [blocks, chunks, rows, lanes]   the squares of a gradient, zeros after its end
 * [blocks, chunks, lanes]         rows added up, from the first
 * [blocks, lanes]                 chunks, from the first; then gradients, in the order of parameters
 * [blocks]                        lanes i and i + 32, then i and i + 16, …
 * []                              neighbouring blocks, in the tree of {@link Request.Sharding}
 * </pre>
 *
 * <p>So no sum depends on how many blocks there are: a kernel adds along an axis of which
 * neighbours are not neighbours in memory, one element after the other, for each of many results;
 * or it adds two elements. There are as many kernels for one block as for a thousand.
 *
 * <p>Where ranks store blocks of gradients, each computes the sums of its own blocks, and the few
 * numbers are gathered.
 */
final class GradientNorm {
  /** Sums of a block that are side by side: some vectors of the widest kind. */
  private static final int LANES = 64;

  /** Rows of a chunk at most: enough work for a thread. */
  private static final int ROWS = 256;

  /** Rows of a chunk at least, if there are several. */
  private static final int FEW_ROWS = 64;

  private final GraphBuilder b;

  /** Blocks of every gradient, as far as the rank has them. */
  private final int blocks;

  /** The ranks that hold a gradient together; of one rank, each gradient is whole. */
  private final RankGroup group;

  /** The sums of squares so far, by block and lane; of one shard, their sum. */
  private int sums;

  /** The norm of whole gradients. */
  GradientNorm(GraphBuilder b, int shards) {
    this(b, shards, RankGroup.all(1));
  }

  /** The norm of blocks of gradients, one after the other in a flat tensor for each gradient. */
  GradientNorm(GraphBuilder b, int shards, RankGroup group) {
    this.b = b;
    this.group = group;
    this.blocks = shards / group.size();
    boolean isWhole = shards == 1;
    sums = b.fill(0, isWhole ? TensorType.f32() : TensorType.f32(blocks, LANES));
  }

  /** The norm of gradients as ranks store them. */
  static GradientNorm of(GraphBuilder b, Request.Sharding sharding) {
    return new GradientNorm(b, sharding.shards(), RankGroup.all(sharding.group()));
  }

  private boolean isWhole() {
    return blocks == 1 && group.size() == 1;
  }

  /** Adds the squares of a gradient, or of what the rank stores of it. */
  void add(int gradient) {
    sums = b.plus(sums, isWhole() ? b.sum(squares(gradient)) : ofBlocks(gradient));
  }

  private int squares(int x) {
    return b.mul(x, x);
  }

  /** The sums of a gradient by block and lane. */
  private int ofBlocks(int gradient) {
    int elements = Math.toIntExact(b.type(gradient).shape().elements());
    int length = Math.ceilDiv(elements, blocks);
    int flat = filled(b.reshape(gradient, elements), 0, length * blocks - elements);
    int rows = Math.ceilDiv(length, LANES);
    int each = rows(rows, length % LANES == 0);
    int chunks = Math.ceilDiv(rows, each);
    int x = filled(b.reshape(flat, blocks, length), 1, chunks * each * LANES - length);
    int sum = b.sum(squares(b.reshape(x, blocks, chunks, each, LANES)), List.of(2));
    return b.sum(sum, List.of(1));
  }

  /**
   * The rows of a chunk.
   *
   * @param all rows of a block
   * @param isFull true if they have as many elements as the block: then chunks shall, too
   */
  private static int rows(int all, boolean isFull) {
    for (int rows = ROWS; isFull && rows >= FEW_ROWS; rows--) {
      if (all % rows == 0) {
        return rows;
      }
    }
    return Math.min(all, ROWS);
  }

  /** A tensor with zeros at the end of an axis. */
  private int filled(int x, int axis, int missing) {
    if (missing == 0) {
      return x;
    }
    int rank = b.type(x).shape().rank();
    List<Integer> after = new ArrayList<>(Collections.nCopies(rank, 0));
    after.set(axis, missing);
    return b.add(new Pad(Collections.nCopies(rank, 0), after, 0), x);
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

  /** The sums of the blocks: {@code [blocks]}. */
  int ofBlocks() {
    int x = sums;
    for (int lanes = LANES / 2; lanes >= 1; lanes /= 2) {
      x = b.sum(b.reshape(x, blocks, 2, lanes), List.of(1));
    }
    return b.reshape(x, blocks);
  }

  /** The sum of all: neighbours are added, then neighbouring sums, until one is left. */
  int total() {
    if (isWhole()) {
      return sums;
    }
    int own = ofBlocks();
    int x = group.size() > 1 ? b.add(new AllGather(group), own) : own;
    for (int n = blocks * group.size() / 2; n >= 1; n /= 2) {
      x = b.sum(b.reshape(x, n, 2), List.of(1));
    }
    return b.reshape(x);
  }
}
