package dev.lgc.compiler.rewrite;

import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.graph.Node;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.op.DynamicUpdate;
import dev.lgc.compiler.op.Stored;
import dev.lgc.compiler.rewrite.storage.CacheUse;
import dev.lgc.compiler.rewrite.storage.StorageDeclaration;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.dsl.type.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The caches that a derived step reads and writes. They are numbered as the full graph's values.
 */
final class StepCaches {
  private final String owner;
  private final GraphBuilder b;
  private final Positions positions;
  private final Map<String, StorageDeclaration> caches = new LinkedHashMap<>();
  private final Map<String, Integer> updates = new LinkedHashMap<>();
  private final TreeSet<Integer> held = new TreeSet<>();

  StepCaches(String owner, GraphBuilder b, Positions positions) {
    this.owner = owner;
    this.b = b;
    this.positions = positions;
  }

  /** A value that the prefill computes and holds for the step. */
  int held(int number, Node n, TensorType type) {
    held.add(number);
    return read(n.origin(), CacheUse.CONDITIONS, number, type);
  }

  /** Holds a value for the step. */
  void hold(int number, Node n, TensorType type, int value) {
    updates.put(name(held(number, n, type)), value);
  }

  /**
   * A cache of the values at all positions, after those of this step were written.
   *
   * @param n what the cache is for, in the full graph under {@code number}
   * @param now the values at the positions of this step
   * @param axis of positions, which starts at {@code start}
   */
  int written(CacheUse use, int number, Node n, TensorType type, int now, int axis, int start) {
    int cache = read(n.origin(), use, number, type);
    int updated = b.add(new DynamicUpdate(axis), cache, now, positions.first(b, start));
    updates.put(name(cache), updated);
    return updated;
  }

  private int read(Origin origin, CacheUse use, int number, TensorType type) {
    String module = origin.module().isEmpty() ? "" : "." + origin.module();
    StorageDeclaration d =
        new StorageDeclaration(StoredId.cache(owner + module, use, number), type);
    caches.put(d.name(), d);
    return b.add(new Stored(d.name(), type));
  }

  private String name(int cache) {
    return ((Stored) b.node(cache).op()).path();
  }

  /** All of them, in the order of their first use. */
  List<StorageDeclaration> all() {
    return List.copyOf(caches.values());
  }

  /** Their new values, by name. */
  Map<String, Integer> updates() {
    return updates;
  }

  /** The numbers of the values that the prefill holds. */
  List<Integer> held() {
    return List.copyOf(held);
  }
}
