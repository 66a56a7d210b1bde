/**
 * The accelerator: kernels emitted for TornadoVM, which compiles them to OpenCL C or PTX.
 *
 * <pre>
 * Sdk.find(environment)      the TornadoVM that TORNADOVM_HOME names, and the JVM flags it needs
 * KernelLoader               the system class loader of such a JVM: emitted classes, from memory
 * TornadoDevice.all()        what TornadoVM finds there
 * TornadoDevice.load(plan)   emits, lays out, makes task graphs: a Program
 *   run(step)                inputs up, graphs, outputs down
 * </pre>
 *
 * <p><b>No dependency.</b> lgc is built without TornadoVM and its classes are not on the class
 * path: {@link dev.lgc.runtime.device.tornado.Tornado} reaches the few calls that are needed by
 * reflection, and looks all of them up before it does anything. {@link
 * dev.lgc.runtime.device.tornado.TornadoDevices}, {@link dev.lgc.runtime.device.tornado.TaskGraph}
 * and {@link dev.lgc.runtime.device.tornado.TaskGraphPlan} are its parts: what there is, what runs
 * in one go, and what runs on one device.
 *
 * <p><b>A JVM of its own.</b> TornadoVM needs flags that a running JVM cannot be given (a compiler
 * interface, modules, exports), and it wants the class files of kernels from the system class
 * loader. The command line starts lgc anew with both when a command wants such a device.
 *
 * <p><b>Memory.</b> The device has one array per arena and type ({@link
 * dev.lgc.compiler.emit.tornado.DeviceLayout}), the host the same ones, in which a session's
 * segments lie: TornadoVM copies between the two and nothing else does. All graphs of a plan share
 * the arrays on the device. Everything goes up before the first run; after that inputs go up and
 * outputs come down with each run, and stored tensors when they are asked for.
 *
 * <p><b>Limits.</b> A task graph holds 256 tasks and a table of 8192 bytes, unchecked; a step with
 * more becomes several graphs. Whatever TornadoVM cannot compile it would run as sequential Java,
 * with wrong results; that is switched off, and such a kernel is reported with its operation and
 * the line of the {@code .arch} file it comes from.
 */
package dev.lgc.runtime.device.tornado;
