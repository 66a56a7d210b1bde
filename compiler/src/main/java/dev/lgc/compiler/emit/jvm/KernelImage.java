package dev.lgc.compiler.emit.jvm;

/**
 * An emitted kernel.
 *
 * @param className internal name of the class, which implements {@link KernelCode}
 * @param classFile its bytes
 */
public record KernelImage(
    String className, byte[] classFile, JvmSchedule schedule, Launch launch) {}
