/**
 * Kernels as class files that call TornadoVM's {@code KernelContext} API, which TornadoVM compiles
 * to OpenCL C or PTX. Nothing here needs TornadoVM: its types are named, not linked.
 *
 * <pre>
 * ExecutionPlan --DeviceLayout.of--> DeviceLayout ::= DeviceArray*, a place for every slot
 * Kernel --Scheduler.choose--> Schedule --TornadoEmitter.emit--> DeviceTask* (class file, arrays, sizes)
 *        --Scheduler.candidates--> Schedule*                for a tuner to measure
 *
 * DeviceArray   ::= number, arena, dtype, elements          one typed array of the device
 * Place         ::= array, element offset
 * </pre>
 *
 * <p><b>Memory.</b> A device array has one element type and 32-bit indexes; so the values of each
 * arena go to one array per type. Kernels take whole arrays, with the offsets of their operands
 * written into the code as constants.
 *
 * <p><b>A task's class.</b> The kernel is a static method of the kernel context and its arrays. The
 * class implements {@code TornadoFunctions.TaskN}, whose {@code apply} casts and calls it: there
 * TornadoVM finds the kernel. Every variable has its entry in the LocalVariableTable; methods leave
 * by one return, loops where they are tested; nothing is called that TornadoVM does not compile, or
 * compiles to something else ({@code >>>}, {@code Math.min} of NaN, {@code Math.fma}).
 */
package dev.lgc.compiler.emit.tornado;
