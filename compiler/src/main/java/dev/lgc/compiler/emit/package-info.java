/**
 * Kernels to code: a package for each target, and what they share.
 *
 * <pre>
 * emit.interp     the reference interpreter: graphs, not kernels; what all targets are compared with
 * emit.jvm        bytecode for the JVM
 * emit.TARGET     Kernel --Scheduler--> Schedule --emitter--> code, and the target's limits
 * </pre>
 *
 * <p>No target knows another, and nothing above this package knows more of one than what is true of
 * all: which targets there are is a list in the runtime ({@code dev.lgc.runtime.device.Targets}).
 */
package dev.lgc.compiler.emit;
