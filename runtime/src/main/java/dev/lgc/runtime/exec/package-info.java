/**
 * Sessions: a plan with its memory and its code on a device.
 *
 * <pre>
 * Session.open(ExecutionPlan, Device)   the device allocates the memory, fills the constants
 *   input, editStorage                  native memory to write to
 *   run(step)                           the step's kernel calls, in order
 *   output, storage                     native memory to read from
 * </pre>
 *
 * <p>A {@link dev.lgc.runtime.exec.Device} turns a plan into a {@link
 * dev.lgc.runtime.exec.Program}. Running a step allocates nothing on the heap. A {@link
 * dev.lgc.runtime.exec.CallObserver} watches single kernel calls: {@link
 * dev.lgc.runtime.exec.Profiler} times them, {@link dev.lgc.runtime.exec.NumericGuard} looks for
 * numbers gone wrong. {@link dev.lgc.runtime.exec.Session#unlessStopped} lets work end between two
 * kernels.
 */
package dev.lgc.runtime.exec;
