package dev.lgc.runtime.train;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.RandomKeys;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** One step that computes an objective, with its inputs and outputs looked up once. */
final class StepIo {
  private record Copy(MemorySegment from, MemorySegment to) {
    void run() {
      MemorySegment.copy(from, 0, to, 0, to.byteSize());
    }
  }

  private final Session session;
  private final String name;
  private final List<Copy> before = new ArrayList<>();
  private final List<Copy> after = new ArrayList<>();
  private final List<MemorySegment> scalars = new ArrayList<>();
  private final MemorySegment key;
  private final MemorySegment step;

  /**
   * @param scalarNames outputs to read after the step
   */
  StepIo(
      Session session,
      ExecutionPlan plan,
      String name,
      Entry entry,
      Batch batch,
      List<String> scalarNames) {
    this.session = session;
    this.name = name;
    Step planned = plan.steps().get(name);
    for (Definition.Input input : entry.inputs()) {
      Slot slot = planned.inputs().get(input.name());
      if (slot != null) {
        MemorySegment from =
            batch.exports(input.name())
                ? batch.export(input.name())
                : batch.get(InputKind.of(input));
        before.add(new Copy(from, session.input(name, input.name())));
      }
    }
    for (String export : entry.exports()) {
      if (planned.outputs().containsKey(export)) {
        after.add(new Copy(session.output(name, export), batch.export(export)));
      }
    }
    for (String s : scalarNames) {
      scalars.add(session.output(name, s));
    }
    this.key = planned.inputs().containsKey("key") ? session.input(name, "key") : null;
    this.step = planned.inputs().containsKey("step") ? session.input(name, "step") : null;
  }

  String name() {
    return name;
  }

  /** Writes the inputs, the key of this computation's random numbers and the number of the step. */
  void prepare(long seed, long done, int part) {
    before.forEach(Copy::run);
    if (key != null) {
      RandomKeys.write(key, seed, done, part);
    }
    if (step != null) {
      step.set(ValueLayout.JAVA_FLOAT, 0, (float) done);
    }
  }

  /** Runs what was prepared and keeps what later objectives need. */
  void run() {
    session.run(name);
    after.forEach(Copy::run);
  }

  /** The value of scalar {@code i} after a run. */
  float scalar(int i) {
    return scalars.get(i).get(ValueLayout.JAVA_FLOAT, 0);
  }
}
