package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.model.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's buffers, once for each shard of this rank: each shard goes on from its own. They are
 * all that computing gradients changes of what a checkpoint holds, so a step can be given up until
 * its first parameter is updated.
 *
 * <p>Between two steps the session has those of the first shard. In a step each shard's are put
 * into the session before its parts are computed, and what comes of them is held until all shards
 * are done.
 */
final class ShardBuffers implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Session session;
  private final BatchParts parts;
  private final List<StoredTensor> buffers;

  /** As whole steps have left them, by a shard's place; of one shard only if steps are given up. */
  private List<Map<String, MemorySegment>> kept = new ArrayList<>();

  /** As the step that is being done leaves them; none of one shard. */
  private List<Map<String, MemorySegment>> next = new ArrayList<>();

  ShardBuffers(Session session, CheckedModel model, BatchParts parts) {
    this.session = session;
    this.parts = parts;
    this.buffers =
        session.plan().storage().stream().filter(t -> isChanged(t.name(), model)).toList();
    try {
      for (int s = 0; s < parts.perRank() && (isSharded() || session.endsEarly()); s++) {
        kept.add(allocate());
        if (isSharded()) {
          next.add(allocate());
        }
      }
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }

  /** Returns true if an objective changes a buffer when its gradients are computed. */
  private static boolean isChanged(String path, CheckedModel model) {
    return model.entries(Entry.Kind.OBJECTIVE).stream()
        .anyMatch(e -> e.updates().containsKey(path));
  }

  private Map<String, MemorySegment> allocate() {
    Map<String, MemorySegment> copies = new LinkedHashMap<>();
    buffers.forEach(t -> copies.put(t.name(), arena.allocate(t.slot().type().bytes(), 64)));
    return copies;
  }

  private boolean isSharded() {
    return parts.perRank() > 1;
  }

  /** Bytes of them, where the device lets a step be given up. */
  static long bytes(CheckedModel model, BatchParts parts) {
    return once(model) * (parts.perRank() == 1 ? 1 : 2L * parts.perRank());
  }

  private static long once(CheckedModel model) {
    return model.storage().stream()
        .filter(s -> isChanged(s.path(), model))
        .mapToLong(s -> s.type().bytes())
        .sum();
  }

  /** Bytes of those of other shards that this rank saves. */
  static long savedBytes(CheckedModel model, BatchParts parts) {
    return parts.rank() == 0 ? once(model) * (parts.shards() - 1) : 0;
  }

  /** True if computing gradients changes no buffer of the model. */
  boolean areNone() {
    return buffers.isEmpty();
  }

  /** Returns true if a step that is given up leaves no trace in them. */
  boolean areKept() {
    return buffers.isEmpty() || !kept.isEmpty();
  }

  /** Begins all shards with what the session has. */
  void start() {
    kept.forEach(this::take);
  }

  /** A step begins. */
  void keep() {
    if (!kept.isEmpty()) {
      take(kept.getFirst());
    }
  }

  /** The parts of the shard at a place are computed from here on. */
  void enter(int place) {
    if (place > 0) {
      put(kept.get(place));
    }
  }

  /** The parts of the shard at a place are done. */
  void leave(int place) {
    if (isSharded()) {
      take(next.get(place));
    }
  }

  /** The parts of all shards are done. */
  void commit() {
    if (isSharded()) {
      List<Map<String, MemorySegment>> before = kept;
      kept = next;
      next = before;
      put(kept.getFirst());
    }
  }

  /** Puts them back as they were before the step. */
  void restore() {
    if (!kept.isEmpty()) {
      put(kept.getFirst());
    }
  }

  private void take(Map<String, MemorySegment> copies) {
    copies.forEach((key, copy) -> copy.copyFrom(session.storage(key).asSlice(0, copy.byteSize())));
  }

  private void put(Map<String, MemorySegment> copies) {
    copies.forEach(
        (key, copy) -> MemorySegment.copy(copy, 0, session.editStorage(key), 0, copy.byteSize()));
  }

  /** The name in a checkpoint of the buffer of a shard; that of the first is as in the session. */
  private static String name(int shard, StoredTensor t) {
    return shard == 0 ? t.name() : "shard" + shard + ":" + t.name();
  }

  /**
   * Those that a checkpoint keeps beside the session's of rank 0: of all shards but the first. All
   * ranks ask for them at once; only rank 0 gets them.
   */
  List<TensorEntry> beside(Ranks ranks) {
    List<TensorEntry> all = new ArrayList<>();
    for (int place = 1; place < parts.perRank(); place++) {
      add(all, parts.shard(place), kept.get(place));
    }
    if (ranks.size() > 1 && !buffers.isEmpty()) {
      byte[][] said = ranks.gather(packed());
      for (int rank = 1; rank < said.length && ranks.rank() == 0; rank++) {
        MemorySegment from = MemorySegment.ofArray(said[rank]);
        long at = 0;
        for (int place = 0; place < parts.perRank(); place++) {
          Map<String, MemorySegment> ofShard = new LinkedHashMap<>();
          for (StoredTensor t : buffers) {
            ofShard.put(t.name(), from.asSlice(at, t.slot().type().bytes()));
            at += t.slot().type().bytes();
          }
          add(all, rank * parts.perRank() + place, ofShard);
        }
      }
    }
    return all;
  }

  private void add(List<TensorEntry> all, int shard, Map<String, MemorySegment> ofShard) {
    for (StoredTensor t : buffers) {
      TensorType type = t.slot().type();
      long[] shape = type.shape().dims().stream().mapToLong(Integer::longValue).toArray();
      MemorySegment data = ofShard.get(t.name());
      all.add(new TensorEntry(name(shard, t), StoredType.of(type.dtype()), shape, data));
    }
  }

  /** The buffers of all shards of this rank, one after the other; nothing on rank 0. */
  private byte[] packed() {
    if (parts.rank() == 0) {
      return new byte[0];
    }
    long each = buffers.stream().mapToLong(t -> t.slot().type().bytes()).sum();
    byte[] bytes = new byte[Math.toIntExact(each * parts.perRank())];
    MemorySegment to = MemorySegment.ofArray(bytes);
    long at = 0;
    for (int place = 0; place < parts.perRank(); place++) {
      for (StoredTensor t : buffers) {
        long n = t.slot().type().bytes();
        MemorySegment of = place == 0 ? session.storage(t.name()) : kept.get(place).get(t.name());
        MemorySegment.copy(of, 0, to, at, n);
        at += n;
      }
    }
    return bytes;
  }

  /**
   * Reads what {@link #beside} wrote, and keeps this rank's. The session has those of its first
   * shard afterwards. Others are read, too, so that all ranks find a file damaged or none does.
   */
  void resume(SafetensorsFile file, Weights weights) {
    for (int shard = parts.shards() - 1; shard >= 0; shard--) {
      read(file, weights, shard);
      int place = shard - parts.shard(0);
      if (place > 0 && place < parts.perRank()) {
        take(kept.get(place));
      }
    }
    read(file, weights, parts.shard(0));
  }

  private void read(SafetensorsFile file, Weights weights, int shard) {
    Map<String, String> from = new LinkedHashMap<>();
    buffers.forEach(t -> from.put(t.name(), name(shard, t)));
    weights.resume(file, from);
  }

  @Override
  public void close() {
    arena.close();
  }
}
