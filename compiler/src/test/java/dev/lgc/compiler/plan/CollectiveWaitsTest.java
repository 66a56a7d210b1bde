package dev.lgc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.RankGroup;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class CollectiveWaitsTest {
  private static final TensorType TYPE = TensorType.f32(16);

  private static Slot at(Arena arena, int place) {
    return new Slot(arena, 64L * place, TYPE);
  }

  private static Slot work(int place) {
    return at(Arena.WORK, place);
  }

  /** Copies a slot to another. */
  private static Call copy(Slot from, Slot to) {
    return new KernelCall(0, List.of(from, to), Origin.NONE, "copy");
  }

  private static Call sum(Slot from, Slot to) {
    AllReduce op = new AllReduce(RankGroup.all(2));
    return new CollectiveCall(op, List.of(from), List.of(to), Origin.NONE, "allreduce");
  }

  private static CollectiveWaits waits(Call... calls) {
    Axis a = new Axis(0, 16);
    Scalar i = Scalar.of(a);
    Stage copy =
        new Stage(
            new Stage.Target.Store(1, i),
            List.of(),
            List.of(),
            Reducer.NONE,
            new Scalar.Load(0, DType.F32, List.of(i)));
    List<Buffer> buffers =
        List.of(
            new Buffer(DType.F32, 16, Buffer.Access.READ),
            new Buffer(DType.F32, 16, Buffer.Access.WRITE));
    Kernel kernel = new Kernel("copy", buffers, List.of(a), List.of(copy));
    Step step = new Step(StepId.of("step"), Map.of(), Map.of(), List.of(calls), 1024);
    ExecutionPlan plan =
        new ExecutionPlan(
            "m", List.of(), Map.of(), List.of(), List.of(kernel), Map.of("step", step));
    return CollectiveWaits.of(plan, step);
  }

  @Test
  void aCollectiveRunsBesideCallsOnOtherMemory() {
    CollectiveWaits w =
        waits(sum(work(0), work(1)), copy(work(2), work(3)), copy(work(0), work(4)));
    assertEquals(List.of(List.of(), List.of(), List.of()), w.before());
    assertEquals(List.of(0), w.atEnd());
  }

  @Test
  void itsResultIsNeitherReadNorWrittenAndItsOperandNotWritten() {
    for (Call next :
        List.of(
            copy(work(1), work(5)),
            copy(work(5), work(1)),
            copy(work(5), work(0)),
            sum(work(1), work(5)))) {
      CollectiveWaits w = waits(sum(work(0), work(1)), copy(work(2), work(3)), next);
      assertEquals(List.of(List.of(), List.of(), List.of(0)), w.before());
    }
  }

  @Test
  void gradientsAreTheFirstBytesOfWork() {
    CollectiveWaits w = waits(sum(work(0), at(Arena.GRADIENTS, 1)), copy(work(1), work(2)));
    assertEquals(List.of(0), w.before().get(1));
    w = waits(sum(work(0), at(Arena.IO, 1)), copy(work(1), work(2)));
    assertEquals(List.of(0), w.atEnd());
  }

  @Test
  void eachIsWaitedForOnce() {
    CollectiveWaits w =
        waits(
            sum(work(0), work(1)),
            sum(work(2), work(3)),
            copy(work(3), work(4)),
            copy(work(1), work(5)),
            copy(work(1), work(6)));
    assertEquals(List.of(List.of(), List.of(), List.of(1), List.of(0), List.of()), w.before());
    assertEquals(List.of(), w.atEnd());
  }
}
