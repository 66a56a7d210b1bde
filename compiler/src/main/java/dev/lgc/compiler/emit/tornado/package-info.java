/**
 * Kernels as class files that call TornadoVM's {@code KernelContext} API, which TornadoVM compiles
 * to OpenCL C or PTX. Nothing here needs TornadoVM: its types are named, not linked.
 *
 * <pre>
 * ExecutionPlan --DeviceLayout.of--> DeviceLayout ::= DeviceArray*, a place for every slot
 * DeviceArray   ::= number, arena, dtype, elements          one typed array of the device
 * Place         ::= array, element offset
 * </pre>
 *
 * <p><b>Memory.</b> A device array has one element type and 32-bit indexes; so the values of each
 * arena go to one array per type. Kernels take whole arrays, with the offsets of their operands
 * written into the code as constants.
 */
package dev.lgc.compiler.emit.tornado;
