package dev.lgc.runtime.device.tornado;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.BackendContract;
import dev.lgc.compiler.plan.Call;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanRunner;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.dsl.type.DType;
import dev.lgc.runtime.exec.CallObserver;
import dev.lgc.runtime.exec.Program;
import dev.lgc.runtime.tensor.Tensor;
import dev.lgc.runtime.tune.Tuning;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/**
 * Plans of random graphs on a real device, where there is TornadoVM: the same bits each time, with
 * as few task graphs as can be, and with one for each call. Few of them by default, as TornadoVM
 * and its driver compile every kernel, twice: about a second for a plan. {@code -Dlgc.graphs} tries
 * more.
 */
@Tag("device")
final class DevicePlansTest extends BackendContract {
  private int plans;
  private int kernels;

  @BeforeEach
  void needsTornadoVm() {
    assumeTrue(
        TornadoDevice.isPossible(), "no TornadoVM: TORNADOVM_HOME names no SDK to run tests with");
  }

  @AfterEach
  void sayHowMuchWasRun() {
    if (plans > 0) {
      System.out.printf(
          Locale.ROOT, "random plans on a device: %d, of %d kernels%n", plans, kernels);
    }
  }

  @Override
  protected int graphs() {
    return 12;
  }

  @Override
  protected List<DType> floats() {
    return List.of(DType.BF16, DType.F16);
  }

  @Override
  protected List<List<Function<ExecutionPlan, PlanRunner>>> backends() {
    TornadoDevice device = TornadoDevice.all(Tuning::none).getFirst();
    return List.of(List.of(p -> load(p, device, false), p -> load(p, device, true)));
  }

  private PlanRunner load(ExecutionPlan plan, TornadoDevice device, boolean callsApart) {
    TornadoProgram program = (TornadoProgram) device.load(plan);
    if (!callsApart) {
      plans++;
      kernels += plan.steps().keySet().stream().mapToInt(program::kernelCount).sum();
    }
    return new Loaded(program, callsApart);
  }

  /** A program of the device: each call a graph of its own when somebody watches them. */
  private record Loaded(Program program, boolean callsApart) implements PlanRunner {
    private static final CallObserver WATCHER =
        new CallObserver() {
          @Override
          public void before(Call call) {}

          @Override
          public void after(Call call) {}
        };

    private Tensor tensor(Slot slot) {
      return new Tensor(slot.type(), program.memory().segment(slot));
    }

    @Override
    public void write(Slot slot, double[] values) {
      if (slot.arena() != Arena.IO) {
        program.push(slot);
      }
      tensor(slot).fill(values);
    }

    @Override
    public double[] read(Slot slot) {
      program.pull(slot);
      return tensor(slot).toArray();
    }

    @Override
    public void run(String step) {
      program.run(step, callsApart ? WATCHER : null);
    }

    @Override
    public void close() {
      program.close();
    }
  }
}
