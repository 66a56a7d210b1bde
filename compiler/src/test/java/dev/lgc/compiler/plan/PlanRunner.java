package dev.lgc.compiler.plan;

/** A backend with a plan loaded, as tests see it: memory by slot, and steps to run. */
public interface PlanRunner extends AutoCloseable {
  void write(Slot slot, double[] values);

  double[] read(Slot slot);

  void run(String step);

  @Override
  default void close() {}
}
