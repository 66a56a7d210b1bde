package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.runtime.exec.Session;
import java.lang.foreign.MemorySegment;

/**
 * The exponential moving averages of a session's parameters.
 *
 * @param session that has both
 * @param plan the session's plan; it may have no averages
 */
public record WeightAverages(Session session, ExecutionPlan plan) {

  /** Makes the averages equal to the parameters, as a run begins. */
  public void start() {
    for (StoredTensor t : plan.storage()) {
      if (t.role() == Role.AVERAGE) {
        session.editStorage(t.name()).copyFrom(session.storage(parameter(t).name()));
      }
    }
  }

  /**
   * Does {@code work} with the averages in the place of the parameters, where there are averages:
   * they change places, so nothing is copied and every bit is back afterwards.
   */
  public void swappedIn(Runnable work) {
    swap();
    try {
      work.run();
    } finally {
      swap();
    }
  }

  /** The parameter that an average is of. */
  private static StoredId parameter(StoredTensor average) {
    return average.id().as(Role.PARAMETER);
  }

  private void swap() {
    byte[] part = new byte[1 << 16];
    MemorySegment kept = MemorySegment.ofArray(part);
    for (StoredTensor t : plan.storage()) {
      if (t.role() == Role.AVERAGE) {
        MemorySegment a = session.editStorage(t.name());
        MemorySegment b = session.editStorage(parameter(t).name());
        for (long at = 0; at < a.byteSize(); at += part.length) {
          long n = Math.min(part.length, a.byteSize() - at);
          MemorySegment.copy(a, at, kept, 0, n);
          MemorySegment.copy(b, at, a, at, n);
          MemorySegment.copy(kept, 0, b, at, n);
        }
      }
    }
  }
}
