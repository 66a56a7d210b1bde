package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.runtime.exec.Session;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A model's buffers as they were before a step: all that computing gradients changes of what a
 * checkpoint holds, so that a step can be given up until its first parameter is updated.
 */
final class KeptBuffers implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Map<String, MemorySegment> copies = new LinkedHashMap<>();
  private final Session session;

  KeptBuffers(Session session, ExecutionPlan plan) {
    this.session = session;
    try {
      for (StoredTensor t : plan.storage()) {
        if (t.role() == Role.BUFFER && session.endsEarly()) {
          copies.put(t.name(), arena.allocate(t.slot().type().bytes(), 64));
        }
      }
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }

  /** Bytes of them, where the device lets a step be given up. */
  static long bytes(ExecutionPlan plan) {
    return plan.storage().stream()
        .filter(t -> t.role() == Role.BUFFER)
        .mapToLong(t -> t.slot().type().bytes())
        .sum();
  }

  /** Keeps them as they are now. */
  void keep() {
    copies.forEach((key, copy) -> copy.copyFrom(session.storage(key).asSlice(0, copy.byteSize())));
  }

  /** Puts them back. */
  void restore() {
    copies.forEach(
        (key, copy) -> MemorySegment.copy(copy, 0, session.editStorage(key), 0, copy.byteSize()));
  }

  @Override
  public void close() {
    arena.close();
  }
}
