package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.plan.KernelCall;
import java.util.List;

/**
 * One launch of one emitted method.
 *
 * @param name unique in the plan and an identifier: {@code lgc_codes_step_12_contract}
 * @param className dotted binary name of its class; an instance, made by its public constructor, is
 *     a {@code TornadoFunctions.TaskN} whose arguments are the kernel context and the arrays
 * @param classFile its bytes
 * @param arrays numbers of the arrays it takes, in order
 * @param globalSize work-items, a multiple of {@code localSize}
 * @param localSize work-items of a group
 * @param call what it computes, or part of it
 */
public record DeviceTask(
    String name,
    String className,
    byte[] classFile,
    List<Integer> arrays,
    int globalSize,
    int localSize,
    KernelCall call) {
  public DeviceTask {
    arrays = List.copyOf(arrays);
    if (localSize < 1 || globalSize < localSize || globalSize % localSize != 0) {
      throw new IllegalArgumentException(globalSize + " items in groups of " + localSize);
    }
  }
}
