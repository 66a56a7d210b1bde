package dev.lgc.runtime.exec;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.tensor.ArenaMemory;
import dev.lgc.runtime.tensor.PlanMemory;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The CPU as if it had memory of its own. After every run the host's copy of all storage is spoilt,
 * so that whoever reads or changes it without asking for it computes with nonsense.
 */
public final class SeparateMemoryDevice implements Device {
  private static final byte SPOILT = (byte) 0xff; // a NaN, and the index -1

  private final CpuDevice cpu;
  private int pulls;

  public SeparateMemoryDevice(int threads) {
    cpu = new CpuDevice(threads);
  }

  /** How often something was brought to the host, outputs of steps aside. */
  int pulls() {
    return pulls;
  }

  @Override
  public String name() {
    return "separate memory";
  }

  @Override
  public Program load(ExecutionPlan plan) {
    return new Mirrored(plan, cpu.load(plan));
  }

  @Override
  public void close() {
    cpu.close();
  }

  private final class Mirrored implements Program {
    private final ExecutionPlan plan;
    private final PlanMemory host;
    private final PlanMemory own;
    private final Program program;
    private final Set<Slot> pushed = new LinkedHashSet<>();

    Mirrored(ExecutionPlan plan, Program program) {
      this.plan = plan;
      this.host = new ArenaMemory(plan);
      this.own = program.memory();
      this.program = program;
    }

    @Override
    public PlanMemory memory() {
      return host;
    }

    @Override
    public void run(String name, CallObserver observer) {
      Step step = plan.steps().get(name);
      copy(host, own, pushed);
      pushed.clear();
      copy(host, own, step.inputs().values());
      program.run(name, observer);
      copy(own, host, step.outputs().values());
      plan.storage().stream().map(StoredTensor::slot).map(host::segment).forEach(Mirrored::spoil);
    }

    private static void spoil(MemorySegment s) {
      s.fill(SPOILT);
    }

    @Override
    public void pull(Slot slot) {
      pulls++;
      if (!pushed.contains(slot)) {
        copy(own, host, Set.of(slot));
      }
    }

    @Override
    public void push(Slot slot) {
      pushed.add(slot);
    }

    private static void copy(PlanMemory from, PlanMemory to, Collection<Slot> slots) {
      slots.forEach(s -> to.segment(s).copyFrom(from.segment(s)));
    }

    @Override
    public void close() {
      program.close();
      host.close();
    }
  }
}
