package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.kernel.Kernel;
import java.util.Optional;

/**
 * A way to run some kernels better than {@link JvmSchedule.Loops} do: tiles in registers, a
 * library.
 */
public interface Strategy {
  /**
   * A schedule for the kernel on the machine, or nothing where this strategy does not know better.
   */
  Optional<JvmSchedule> propose(Kernel kernel, Machine machine);

  /** Code for a kernel with a schedule that this strategy proposed. */
  CompiledKernel compile(Kernel kernel, JvmSchedule schedule, Machine machine);

  /** The launch of that code, as nearly as is known before it is made. */
  default Launch launch(Kernel kernel, JvmSchedule schedule, Machine machine) {
    return compile(kernel, schedule, machine).launch();
  }
}
