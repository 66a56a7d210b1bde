package dev.lgc.runtime.device.tornado;

import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.plan.Call;
import java.util.ArrayList;
import java.util.List;

/** Cuts a step's tasks into graphs that TornadoVM can hold: its limits are fixed, and unchecked. */
final class GraphSplit {
  /** At 257 it fails. */
  private static final int TASKS = 200;

  /** Of 8192 bytes for all of a graph's tasks. */
  private static final int TABLE_BYTES = 8000;

  private static final int TASK_BYTES = 15;
  private static final int ARGUMENT_BYTES = 5;

  private GraphSplit() {}

  /**
   * The tasks of each graph, in order.
   *
   * @param callsApart no graph has tasks of two calls, so that one can look between them
   */
  static List<List<DeviceTask>> of(List<DeviceTask> tasks, boolean callsApart) {
    List<List<DeviceTask>> graphs = new ArrayList<>();
    List<DeviceTask> graph = new ArrayList<>();
    int bytes = 0;
    for (DeviceTask t : tasks) {
      int more = TASK_BYTES + ARGUMENT_BYTES * (t.arrays().size() + 1);
      boolean another = callsApart && !graph.isEmpty() && !isSame(graph.getLast().call(), t.call());
      if (graph.size() == TASKS || bytes + more > TABLE_BYTES || another) {
        graphs.add(graph);
        graph = new ArrayList<>();
        bytes = 0;
      }
      graph.add(t);
      bytes += more;
    }
    if (!graph.isEmpty()) {
      graphs.add(graph);
    }
    return graphs;
  }

  /** Returns true if two calls are one and the same: a step may well make two that are equal. */
  @SuppressWarnings("ReferenceEquality")
  static boolean isSame(Call a, Call b) {
    return a == b;
  }
}
