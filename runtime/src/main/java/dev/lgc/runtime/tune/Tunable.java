package dev.lgc.runtime.tune;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Program;
import java.util.List;

/** A device that can compute a kernel in several ways. */
public interface Tunable extends Device {
  /** What measured times hold for. */
  TuningKey tuningKey();

  /** The ways to compute a kernel, each a line of text; first the one taken unmeasured. */
  List<String> ways(Kernel kernel);

  /**
   * Loads a plan, computing as it is told.
   *
   * @param ways for each kernel of the plan, by number, one of its {@link #ways}
   */
  Program load(ExecutionPlan plan, List<String> ways);
}
