package dev.lgc.compiler.plan;

import dev.lgc.compiler.fuse.FusedCollective;
import dev.lgc.compiler.fuse.NodeCall;
import dev.lgc.compiler.op.AllGather;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * Merges collectives of neighbouring tensors into buckets, as PyTorch's DistributedDataParallel
 * does: many small tensors take one message, and large ones begin while others are computed.
 *
 * <pre>
 * before: g3  allreduce g3  g2  allreduce g2  g1  allreduce g1
 * after:  g3  g2  allreduce g3 g2  g1  allreduce g1
 * </pre>
 *
 * <p>A bucket takes sums over the same ranks, in the order of the calls, until it has as many bytes
 * as asked for, or until a call needs what is in it. What is gathered is needed soon: a bucket of
 * that takes what follows at once, and waits for no kernel. The order of collectives stays.
 */
final class CollectiveBuckets {
  /** Bytes that are worth a message. */
  static final long BYTES = 25 << 20;

  private CollectiveBuckets() {}

  /**
   * The same calls with buckets.
   *
   * @param calls in their order
   * @param bytes of operands that close a bucket
   * @param waits tests if a call must come after a collective
   */
  static List<NodeCall> of(
      List<NodeCall> calls, long bytes, BiPredicate<FusedCollective, NodeCall> waits) {
    List<NodeCall> merged = new ArrayList<>(calls.size());
    FusedCollective bucket = null;
    for (NodeCall c : calls) {
      if (bucket != null && (waits.test(bucket, c) || isAnother(bucket, c) || isLate(bucket, c))) {
        merged.add(bucket);
        bucket = null;
      }
      if (c instanceof FusedCollective f) {
        bucket = bucket == null ? f : bucket.with(f);
        if (bucket.bytes() >= bytes) {
          merged.add(bucket);
          bucket = null;
        }
      } else {
        merged.add(c);
      }
    }
    if (bucket != null) {
      merged.add(bucket);
    }
    return merged;
  }

  private static boolean isLate(FusedCollective bucket, NodeCall c) {
    return bucket.op() instanceof AllGather && !(c instanceof FusedCollective);
  }

  private static boolean isAnother(FusedCollective bucket, NodeCall c) {
    return c instanceof FusedCollective f && !f.op().equals(bucket.op());
  }
}
