package dev.lgc.compiler.shard;

import dev.lgc.compiler.rewrite.storage.AxisSplit;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The splits of the stored tensors of a plan, as far as they are found. */
final class StoredSplits {
  private final int ranks;
  private final Map<String, StorageDeclaration> candidates = new HashMap<>();
  private final Map<String, AxisSplit> splits = new HashMap<>();
  private final Set<String> whole = new HashSet<>();
  private boolean changed;

  StoredSplits(List<StorageDeclaration> stored, int ranks) {
    this.ranks = ranks;
    for (StorageDeclaration d : stored) {
      boolean isWeight = d.id().role() == Role.PARAMETER && d.type().dtype().isFloat();
      if (isWeight || d.id().role() == Role.CACHE) {
        candidates.put(d.name(), d);
      }
    }
  }

  int ranks() {
    return ranks;
  }

  /** The split of a stored tensor; empty for one that every rank has whole. */
  Optional<AxisSplit> of(String name) {
    return Optional.ofNullable(splits.get(name));
  }

  /** True for a parameter that may be split along any axis yet. */
  boolean isFree(String name) {
    return candidates.containsKey(name)
        && candidates.get(name).id().role() == Role.PARAMETER
        && !splits.containsKey(name)
        && !whole.contains(name);
  }

  /** True if a tensor may be split so, or is. */
  boolean allows(String name, AxisSplit split) {
    return candidates.containsKey(name)
        && !whole.contains(name)
        && split.equals(splits.getOrDefault(name, split));
  }

  /** Splits a tensor that {@link #allows} it. */
  void split(String name, AxisSplit split) {
    changed |= splits.put(name, split) == null;
  }

  /** Keeps a tensor whole that some use needs whole; the search begins again without it. */
  void keepWhole(String name) {
    if (whole.add(name)) {
      splits.clear();
      changed = true;
    }
  }

  /** True once after something was found. */
  boolean hasChanged() {
    boolean was = changed;
    changed = false;
    return was;
  }
}
