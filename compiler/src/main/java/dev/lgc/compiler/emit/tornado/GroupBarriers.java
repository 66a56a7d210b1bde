package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Stage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The barriers between the stages of a group: where a stage reads what other items wrote, and where
 * it overwrites what they may not have read yet.
 *
 * <pre>
 * s[i] = …           by items, s in local memory
 *                    →  localBarrier
 * m = max s[i]       by items together
 * y[i] = s[i] - m    no barrier: s and m are as they were
 * </pre>
 */
final class GroupBarriers {
  private final TaskMethod method;
  private final DeviceSchedule.Group schedule;
  private final TreeReduction tree;

  /** Scratch arrays in local memory that were written since the last barrier. */
  private final Set<Integer> writtenLocal = new HashSet<>();

  /** Scratch arrays in device memory that were written since the last barrier. */
  private final Set<Integer> writtenSpilled = new HashSet<>();

  private final Set<Integer> writtenBuffers = new HashSet<>();
  private final Set<Integer> readBuffers = new HashSet<>();

  GroupBarriers(TaskMethod method, DeviceSchedule.Group schedule, TreeReduction tree) {
    this.method = method;
    this.schedule = schedule;
    this.tree = tree;
  }

  /** Writes the barriers that a stage needs before it. */
  void before(Stage s) {
    Set<Integer> scratch = new HashSet<>();
    Set<Integer> buffers = new HashSet<>();
    reads(s, scratch, buffers);
    boolean local = scratch.stream().anyMatch(writtenLocal::contains);
    boolean device =
        scratch.stream().anyMatch(writtenSpilled::contains)
            || buffers.stream().anyMatch(writtenBuffers::contains)
            || s.target() instanceof Stage.Target.Store t && readBuffers.contains(t.buffer());
    if (local) {
      method.localBarrier();
      writtenLocal.clear();
      tree.synchronised();
    }
    if (device) {
      method.globalBarrier();
      writtenSpilled.clear();
      writtenBuffers.clear();
      readBuffers.clear();
    }
  }

  /** Takes down what a stage has read and written. */
  void after(Stage s) {
    reads(s, new HashSet<>(), readBuffers);
    switch (s.target()) {
      case Stage.Target.Local _ -> {}
      case Stage.Target.Scratch t -> {
        if (schedule.spilled().contains(t.number())) {
          writtenSpilled.add(t.number());
        } else {
          writtenLocal.add(t.number());
        }
      }
      case Stage.Target.Store t -> writtenBuffers.add(t.buffer());
    }
  }

  /** The scratch arrays a stage reads, and the buffers among those that the kernel writes. */
  private void reads(Stage s, Set<Integer> scratch, Set<Integer> buffers) {
    List<Scalar> todo = new ArrayList<>(List.of(s.value()));
    if (s.target() instanceof Stage.Target.Store t) {
      todo.add(t.index());
    }
    Set<Scalar> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    while (!todo.isEmpty()) {
      Scalar x = todo.removeLast();
      if (!seen.add(x)) {
        continue;
      }
      if (x instanceof Scalar.Local l && !l.index().isEmpty()) {
        scratch.add(l.number());
      }
      if (x instanceof Scalar.Load l
          && method.kernel().buffers().get(l.operand()).access() != Buffer.Access.READ) {
        buffers.add(l.operand());
      }
      todo.addAll(x.children());
    }
  }
}
