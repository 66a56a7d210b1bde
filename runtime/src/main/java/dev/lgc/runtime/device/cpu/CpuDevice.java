package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.jvm.HostVectors;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.emit.jvm.contraction.WideningStrategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.cpu.dnnl.DnnlLibrary;
import dev.lgc.runtime.device.cpu.dnnl.DnnlStrategy;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.io.FileRange;
import dev.lgc.runtime.memory.MemoryNeed;
import dev.lgc.runtime.tensor.ArenaMemory;
import dev.lgc.runtime.tensor.NativeBlock;
import java.util.List;

/** The CPU: kernels emitted as bytecode, run by a fixed pool of threads. */
public final class CpuDevice implements Device {
  /** One thread reads a line of memory at a time. */
  static final boolean READS_PACKED_WEIGHTS = true;

  /**
   * Kernels whose tensors are a smaller part of all are not looked at: what they work in is about
   * as large as those at most, copies of them.
   */
  private static final long SMALL = 200;

  private final Machine machine;
  private final Ranks ranks;
  private final CpuContext context;

  /** A device of a run of one rank. */
  public CpuDevice(Machine machine, List<Strategy> strategies) {
    this(machine, strategies, new OneRank());
  }

  /**
   * @param ranks of the run, for plans with collectives; not closed with this
   */
  public CpuDevice(Machine machine, List<Strategy> strategies, Ranks ranks) {
    this.machine = machine;
    this.ranks = ranks;
    this.context = new CpuContext(new JvmEmitter(machine, strategies), machine.threads());
  }

  /** This machine, with a number of threads. */
  public CpuDevice(int threads) {
    this(threads, new OneRank());
  }

  /** This machine, with a number of threads, as one rank of a run. */
  public CpuDevice(int threads, Ranks ranks) {
    this(Machine.host(threads), strategies(new DnnlStrategy()), ranks);
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
    context.compileAll(plan, step);
  }

  @Override
  public Program load(ExecutionPlan plan) {
    return new CpuProgram(context, ranks, plan, new ArenaMemory(plan));
  }

  @Override
  public Program load(ExecutionPlan plan, FileRange parameters) {
    return new CpuProgram(context, ranks, plan, new ArenaMemory(plan, NativeBlock.of(parameters)));
  }

  @Override
  public MemoryNeed need(List<ExecutionPlan> plans) {
    return need(plans, machine.threads());
  }

  /**
   * The memory of a process that runs plans on this machine's CPU: of the plans, and what their
   * kernels work in, which is the largest kernel's, once for all threads and once for each. No
   * library is loaded for it. A JVM without vectors only plans, and knows no kernel's code: there
   * it is the plans' memory.
   */
  public static MemoryNeed need(List<ExecutionPlan> plans, int threads) {
    MemoryNeed tensors = MemoryNeed.of(plans);
    if (!HostVectors.areUsable()) {
      return tensors;
    }
    List<Strategy> strategies = strategies(DnnlStrategy.forEstimates());
    JvmEmitter emitter = new JvmEmitter(Machine.host(threads), strategies);
    List<Launch> launches =
        plans.stream()
            .flatMap(p -> p.kernels().stream())
            .filter(k -> bytes(k) > tensors.tensors() / SMALL)
            .distinct()
            .parallel()
            .map(emitter::launch)
            .toList();
    long shared = launches.stream().mapToLong(Launch::sharedBytes).max().orElse(0);
    long scratch = launches.stream().mapToLong(Launch::scratchBytes).max().orElse(0);
    return tensors.withBuffers(shared + threads * CpuContext.apart(scratch));
  }

  private static long bytes(Kernel k) {
    return k.buffers().stream().mapToLong(b -> b.elements() * b.dtype().bytes()).sum();
  }

  /** The number of threads that a setting means: 0 is for all cores. */
  public static int threads(int wanted) {
    return wanted == 0 ? Runtime.getRuntime().availableProcessors() : wanted;
  }

  /** Bytes that kernels work in beyond the memory of their plans, so far. */
  public long workingBytes() {
    return context.workingBytes();
  }

  @Override
  public boolean readsPackedWeights() {
    return READS_PACKED_WEIGHTS;
  }

  @Override
  public boolean multipliesBf16() {
    return DnnlLibrary.isPresentForBf16();
  }

  @Override
  public void close() {
    context.close();
  }
}
