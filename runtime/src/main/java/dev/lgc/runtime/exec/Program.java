package dev.lgc.runtime.exec;

/** A plan loaded on a device. Not for several threads at once. */
public interface Program extends AutoCloseable {
  /** Does ahead what the first run of a step would do once: compiling its kernels. */
  default void prepare(String step) {}

  /**
   * Runs a step.
   *
   * @param observer told of every kernel call, or null
   */
  void run(String step, CallObserver observer);

  @Override
  void close();
}
