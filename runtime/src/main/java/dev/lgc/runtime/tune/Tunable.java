package dev.lgc.runtime.tune;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Program;
import java.util.List;

/** A device that can compute a kernel by several schedules. */
public interface Tunable extends Device {
  /** The key for which measured times hold. */
  TuningKey tuningKey();

  /**
   * The candidate schedules of a kernel, each a line of text; the first is used until a measurement
   * finds a faster one.
   */
  List<String> schedules(Kernel kernel);

  /**
   * Loads a plan with given schedules.
   *
   * @param schedules for each kernel of the plan, by number, one of its {@link #schedules}
   */
  Program load(ExecutionPlan plan, List<String> schedules);
}
