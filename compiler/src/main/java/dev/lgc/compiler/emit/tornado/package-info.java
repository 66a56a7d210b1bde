/**
 * Kernels as class files that call TornadoVM's {@code KernelContext} API, which TornadoVM compiles
 * to OpenCL C or PTX. Nothing here needs TornadoVM: its types are named, not linked.
 *
 * <pre>
 * ExecutionPlan --LayoutBuilder.layout--> DeviceLayout ::= DeviceArray*, a place for every slot
 * Kernel --DeviceScheduler.choose--> DeviceSchedule --TornadoEmitter.emit--> DeviceTask* (class file, arrays, sizes)
 *        --ScheduleCandidates.of--> DeviceSchedule*             for a tuner to measure
 *
 * DeviceArray   ::= number, arena, dtype, elements          one typed array of the device
 * Place         ::= array, element offset
 *
 * TaskWriter       the class of a task (TaskClass, HelperMethods), and the arrays it takes
 *   PointsWriter | GroupWriter | RowsWriter | TiledWriter, SplitKWriter | SegmentedSumWriter      by schedule
 *     StageWriter      the loops and the reduction of a stage; TreeReduction where items reduce together
 *       ExpressionWriter   an expression, each part once per scope (OperandWriter, Functions, PathConditions)
 *         MemRef             loads and stores, of device arrays and Java arrays
 *           DeviceCode         a method being written, which may call those that Helper names
 * </pre>
 *
 * <p><b>Example.</b> RMSNorm of 32 rows of 64 elements:
 *
 * <pre>
 * for a0 &lt; 32                                             kernel: a point per row
 *   v0 = sum a1 &lt; 64: b0[a0*64 + a1] * b0[a0*64 + a1]
 *   v1 = v0 / 64
 *   v2 = v1 + 1.0E-5
 *   v3 = 1 / sqrt(v2)
 *   for a2 &lt; 64: b2[a0*64 + a2] = b0[a0*64 + a2] * v3 * b1[a2]
 *
 * a group a point, 64 items in 32 groups                  schedule: v0 TOGETHER, v1 to v3 EVERY, b2 AXES
 *
 * static void kernel(KernelContext c, FloatArray a1, FloatArray a2, FloatArray a3)     task: parameters, inputs, outputs
 *   float[] tree = c.allocateFloatLocalArray(64)
 *   int at = 64 * c.groupIdx + c.localIdx
 *   float sum = 0 + a2.get(at) * a2.get(at)
 *   tree[c.localIdx] = sum; c.localBarrier()
 *   if (c.localIdx &lt; 32) { sum += tree[c.localIdx + 32]; tree[c.localIdx] = sum }; c.localBarrier()
 *   …                                                     16, 8, 4, 2 and 1 likewise
 *   float v0 = tree[0]; float v1 = v0 / 64; float v2 = v1 + 1.0E-5f; float v3 = 1 / TornadoMath.sqrt(v2)
 *   a3.set(at, a2.get(at) * v3 * a1.get(c.localIdx))
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
