package dev.lgc.compiler.shard;

import dev.lgc.compiler.rewrite.storage.AxisSplit;
import java.util.List;
import java.util.Optional;

/**
 * The way in which ranks compute a node together.
 *
 * @param operands the split of each that it reads; nothing of one that it reads whole
 * @param result the split of what a rank computes; nothing where it is whole
 * @param after what has to be done with it at once
 */
record SplitUse(List<Optional<AxisSplit>> operands, Optional<AxisSplit> result, After after) {
  /** The exchange that follows a node at once, on all ranks. */
  enum After {
    NOTHING,
    /** The ranks' results, which are sums over their parts of an axis, are added up. */
    ADD,
    /** The ranks' parts are put together. */
    GATHER
  }

  /** The same with the result gathered at once, if it is a part. */
  SplitUse gathered() {
    return result.isPresent() ? new SplitUse(operands, result, After.GATHER) : this;
  }

  /** True if every rank has the whole result in the end. */
  boolean isWhole() {
    return result.isEmpty() || after == After.GATHER;
  }

  /** The split in which later nodes find the result. */
  Optional<AxisSplit> seen() {
    return isWhole() ? Optional.empty() : result;
  }
}
