package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.emit.jvm.contraction.WideningStrategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.cpu.dnnl.DnnlStrategy;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.io.FileRange;
import dev.lgc.runtime.tensor.ArenaMemory;
import dev.lgc.runtime.tensor.NativeBlock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The CPU: kernels emitted as bytecode, run by a fixed pool of threads. */
public final class CpuDevice implements Device {
  /** One thread reads a line of memory at a time. */
  static final boolean READS_PANELS = true;

  private final Machine machine;
  private final JvmEmitter emitter;
  private final WorkerPool pool;
  private final Map<Kernel, CompiledKernel> compiled = new ConcurrentHashMap<>();
  private NativeBlock scratch;
  private long scratchBytes;
  private NativeBlock shared;

  public CpuDevice(Machine machine, List<Strategy> strategies) {
    this.machine = machine;
    this.emitter = new JvmEmitter(machine, strategies);
    this.pool = new WorkerPool(machine.threads());
  }

  /** This machine, with a number of threads. */
  public CpuDevice(int threads) {
    this(Machine.host(threads), strategies(new DnnlStrategy()));
  }

  /** The library first, then emitted code; and both for factors of BF16 that had to be widened. */
  public static List<Strategy> strategies(DnnlStrategy library) {
    List<Strategy> wide = List.of(library, new TiledStrategy());
    return List.of(library, new TiledStrategy(), new WideningStrategy(wide));
  }

  /** This machine, with all its cores. */
  public CpuDevice() {
    this(Runtime.getRuntime().availableProcessors());
  }

  @Override
  public String name() {
    return name(machine);
  }

  static String name(Machine machine) {
    return Text.format("cpu (%d threads, %d lanes)", machine.threads(), machine.lanes());
  }

  public Machine machine() {
    return machine;
  }

  @Override
  public void prepare(ExecutionPlan plan, String step) {
    compileAll(kernels(plan, step));
  }

  /** The kernels of a step. */
  static List<Kernel> kernels(ExecutionPlan plan, String step) {
    return plan.step(step).calls().stream()
        .map(KernelCall::kernel)
        .distinct()
        .map(plan.kernels()::get)
        .toList();
  }

  @Override
  public Program load(ExecutionPlan plan) {
    return new CpuProgram(this, plan, new ArenaMemory(plan));
  }

  @Override
  public Program load(ExecutionPlan plan, FileRange parameters) {
    return new CpuProgram(this, plan, new ArenaMemory(plan, NativeBlock.of(parameters)));
  }

  WorkerPool pool() {
    return pool;
  }

  /** Makes the code of kernels with all cores, before {@link #compile} is asked for it. */
  void compileAll(List<Kernel> kernels) {
    // Holds no lock: the caller may have the device's.
    kernels.parallelStream().forEach(k -> compiled.computeIfAbsent(k, emitter::compile));
  }

  /** A kernel's code, made at most once per device. */
  CompiledKernel compile(Kernel kernel) {
    CompiledKernel c = compiled.computeIfAbsent(kernel, emitter::compile);
    reserve(c.launch().sharedBytes(), c.launch().scratchBytes());
    return c;
  }

  long sharedAddress() {
    return shared == null ? 0 : shared.address();
  }

  private synchronized void reserve(long sharedBytes, long threadBytes) {
    if (sharedBytes > 0 && (shared == null || shared.segment().byteSize() < sharedBytes)) {
      if (shared != null) {
        shared.close();
      }
      shared = NativeBlock.allocate(sharedBytes);
    }
    if (threadBytes > scratchBytes) {
      if (scratch != null) {
        scratch.close();
      }
      // Threads must not share cache lines.
      scratchBytes = (threadBytes + 255) / 128 * 128;
      scratch = NativeBlock.allocate(scratchBytes * pool.threads());
      for (int t = 0; t < pool.threads(); t++) {
        pool.scratch(t, scratch.address() + t * scratchBytes);
      }
    }
  }

  /** Bytes that kernels work in beyond the memory of their plans, so far. */
  public synchronized long workingBytes() {
    return (shared == null ? 0 : shared.segment().byteSize()) + scratchBytes * pool.threads();
  }

  @Override
  public boolean readsPanels() {
    return READS_PANELS;
  }

  @Override
  public void close() {
    pool.close();
    if (scratch != null) {
      scratch.close();
    }
    if (shared != null) {
      shared.close();
    }
  }
}
