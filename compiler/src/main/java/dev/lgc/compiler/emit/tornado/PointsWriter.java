package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;

/** Writes a kernel with a {@link Schedule.Points}. */
final class PointsWriter {
  private final Frame frame;
  private final Schedule.Points schedule;
  private final Code code;
  private final Evaluator values;
  private final StageWriter stages;

  PointsWriter(Frame frame, Schedule.Points schedule) {
    this.frame = frame;
    this.schedule = schedule;
    code = frame.code();
    values = frame.evaluator();
    stages = new StageWriter(values);
  }

  void write() {
    int points = Math.toIntExact(Axis.positions(frame.kernel().space()));
    int items = schedule.items() * schedule.groups();
    for (Stage s : frame.kernel().stages()) {
      if (s.target() instanceof Stage.Target.Scratch t) {
        int n = Math.toIntExact(Axis.positions(s.axes()));
        values.bindScratch(t.number(), t.extents(), frame.own("v" + t.number(), t.dtype(), n));
      }
    }
    stages.ends(frame.kernel().stages());
    if (points > items) {
      code.loop(
          "point",
          () -> frame.pushId("globalIdx"),
          points,
          items,
          p -> point(new Value.Held(DType.I32, p)));
      return;
    }
    Value.Held p = (Value.Held) frame.id("globalIdx");
    if (points < items) {
      code.ifBelow(p.variable(), points, () -> point(p));
    } else {
      point(p);
    }
  }

  private void point(Value p) {
    values.open();
    values.bindDigits(frame.kernel().space(), p);
    for (Stage s : frame.kernel().stages()) {
      if (s.target() instanceof Stage.Target.Local t) {
        Value v = values.apart(() -> stages.serial(s));
        values.bindLocal(t.number(), v);
      } else {
        values.open();
        stages.loops(s.axes(), s, () -> stages.store(s, stages.serial(s)));
        values.close();
      }
    }
    values.close();
  }
}
