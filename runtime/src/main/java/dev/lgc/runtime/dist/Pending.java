package dev.lgc.runtime.dist;

/** A collective that was begun and may still be going on. */
@FunctionalInterface
public interface Pending {
  /** One that is over. */
  Pending DONE = () -> {};

  /** Returns when the result is there and the operands may be written. May be called again. */
  void await();
}
