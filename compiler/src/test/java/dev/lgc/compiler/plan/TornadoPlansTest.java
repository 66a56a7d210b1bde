package dev.lgc.compiler.plan;

import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.EmulatedDevice;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;

/**
 * Tasks for TornadoVM on an emulated device: the same bits in whatever order groups and items run.
 */
@Tag("backend")
final class TornadoPlansTest extends BackendContract {
  @Override
  protected int graphs() {
    return 60;
  }

  @Override
  protected List<DType> floats() {
    return List.of(DType.BF16, DType.F16);
  }

  @Override
  protected List<List<Function<ExecutionPlan, PlanRunner>>> backends() {
    return List.of(
        eitherWay(DeviceLimits.PORTABLE), eitherWay(new DeviceLimits(16, 2048, 3, 1 << 20)));
  }

  private static List<Function<ExecutionPlan, PlanRunner>> eitherWay(DeviceLimits limits) {
    return List.of(
        p -> new EmulatedDevice(p, limits, false), p -> new EmulatedDevice(p, limits, true));
  }
}
