package dev.lgc.compiler.emit.jvm;

/**
 * A kernel ready to run on this machine.
 *
 * @param schedule what was chosen, for reports
 */
public record CompiledKernel(JvmSchedule schedule, Launch launch, KernelCode code) {}
