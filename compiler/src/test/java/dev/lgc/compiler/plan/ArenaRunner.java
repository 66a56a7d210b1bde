package dev.lgc.compiler.plan;

/** A backend that works in the plan's own arenas. */
abstract class ArenaRunner implements PlanRunner {
  final ExecutionPlan plan;
  final PlanArenas arenas;

  ArenaRunner(ExecutionPlan plan) {
    this.plan = plan;
    arenas = new PlanArenas(plan);
  }

  @Override
  public final void write(Slot slot, double[] values) {
    arenas.write(slot, values);
  }

  @Override
  public final double[] read(Slot slot) {
    return arenas.read(slot);
  }

  @Override
  public void close() {
    arenas.close();
  }
}
