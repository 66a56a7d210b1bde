package dev.lgc.runtime.dist;

/** Measures the time of this rank's collectives; for all threads. */
final class CollectiveClock {
  private static final double NANOS = 1e9;

  private int active;
  private long since;
  private long underWay;
  private long exposed;

  synchronized void begins() {
    if (active++ == 0) {
      since = System.nanoTime();
    }
  }

  synchronized void ends() {
    if (--active == 0) {
      underWay += System.nanoTime() - since;
    }
  }

  synchronized void waited(long nanos) {
    exposed += nanos;
  }

  /** The time so far. */
  synchronized CollectiveSeconds seconds() {
    long now = active == 0 ? underWay : underWay + System.nanoTime() - since;
    return new CollectiveSeconds(now / NANOS, exposed / NANOS);
  }
}
