package dev.lgc.runtime.device.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What TornadoVM and its devices can hold. */
@Tag("pure")
final class LimitsTest {
  private static DeviceTask task(int arrays, KernelCall call) {
    return new DeviceTask("t", "K", new byte[0], Collections.nCopies(arrays, 0), 64, 64, call);
  }

  private static KernelCall call() {
    return new KernelCall(0, List.of(), Origin.NONE, "");
  }

  private static List<Integer> sizes(List<DeviceTask> tasks, boolean callsApart) {
    List<List<DeviceTask>> graphs = GraphSplit.of(tasks, callsApart);
    List<DeviceTask> joined = new ArrayList<>();
    graphs.forEach(joined::addAll);
    assertEquals(tasks, joined);
    return graphs.stream().map(List::size).toList();
  }

  @Test
  void aGraphHasNoMoreTasksThanTornadoVmCanHold() {
    assertEquals(List.of(200, 200, 50), sizes(Collections.nCopies(450, task(1, call())), false));
    assertEquals(List.of(), sizes(List.of(), false));
  }

  @Test
  void tasksWithManyArgumentsFillItsTableSooner() {
    for (int arrays = 1; arrays <= 19; arrays++) {
      int arguments = arrays + 1;
      for (int n : sizes(Collections.nCopies(900, task(arrays, call())), false)) {
        assertTrue(n * (15 + 5 * arguments) <= 8192, n + " tasks of " + arguments);
      }
    }
  }

  @Test
  void callsThatAreWatchedDoNotShareAGraph() {
    KernelCall one = call();
    KernelCall two = call();
    List<DeviceTask> tasks = List.of(task(1, one), task(2, one), task(1, two));
    assertEquals(List.of(2, 1), sizes(tasks, true));
    assertEquals(List.of(3), sizes(tasks, false));
  }

  @Test
  void aPlanThatNeedsMoreMemoryThanTheDeviceHasIsRefused() {
    TornadoDeviceInfo small =
        new TornadoDeviceInfo(0, "Small GPU", "opencl", true, 1_000_000_000, 1, 1, 1, 1, "", null);
    TornadoDevice.fits("M", 1_000_000_000, small);
    BadInputException e =
        assertThrows(BadInputException.class, () -> TornadoDevice.fits("M", 1_600_000_000, small));
    assertEquals(
        "M takes 1.6 GB on the device; expected 1.0 GB at most, which Small GPU has (use a smaller"
            + " batch, or more micro_batches; `lgc plan` says what takes how much)",
        e.getMessage());
  }
}
