/**
 * Kernels to code: a package for each target, and what they share.
 *
 * <pre>
 * emit.interp     Graph --Interpreter--> results                    the reference that all targets are compared with
 * emit.jvm        Kernel --LoopScheduler--> JvmSchedule --KernelEmitter--> class file, run as it is
 * emit.TARGET     Kernel --scheduler--> schedule --emitter--> code, within the target's limits
 * </pre>
 *
 * <p>A target is given {@link dev.lgc.compiler.kernel.Kernel}s, which say what is computed and not
 * how. It chooses a schedule for each, which is data that can be printed and measured, and writes
 * code for kernel and schedule, whose local variables {@link dev.lgc.compiler.emit.LocalVariables}
 * gives slots to. {@link dev.lgc.compiler.emit.ClassText} prints class files for readers: {@code
 * lgc compile --dump=kernels,bytecode} shows a kernel, its schedule and its code.
 *
 * <p>No target knows another, and nothing above this package knows more of one than what is true of
 * all: which targets there are is a list in the runtime ({@code dev.lgc.runtime.device.Targets}).
 */
package dev.lgc.compiler.emit;
