package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;

/** Writes a kernel with a {@link DeviceSchedule.Points}. */
final class PointsWriter {
  private final TaskMethod method;
  private final DeviceSchedule.Points schedule;
  private final DeviceCode code;
  private final ExpressionWriter values;
  private final StageWriter stages;

  PointsWriter(TaskMethod method, DeviceSchedule.Points schedule) {
    this.method = method;
    this.schedule = schedule;
    code = method.code();
    values = method.expressions();
    stages = new StageWriter(values);
  }

  void write() {
    int points = Math.toIntExact(Axis.positions(method.kernel().space()));
    int items = schedule.items() * schedule.groups();
    for (Stage s : method.kernel().stages()) {
      if (s.target() instanceof Stage.Target.Scratch t) {
        int n = Math.toIntExact(Axis.positions(s.axes()));
        values.bindScratch(t.number(), t.extents(), method.own("v" + t.number(), t.dtype(), n));
      }
    }
    stages.ends(method.kernel().stages());
    if (points > items) {
      code.loop(
          "point",
          () -> method.pushId("globalIdx"),
          points,
          items,
          p -> point(new DeviceOperand.Variable(DType.I32, p)));
      return;
    }
    DeviceOperand.Variable p = (DeviceOperand.Variable) method.id("globalIdx");
    if (points < items) {
      code.ifBelow(p.variable(), points, () -> point(p));
    } else {
      point(p);
    }
  }

  private void point(DeviceOperand p) {
    values.open();
    values.bindDigits(method.kernel().space(), p);
    for (Stage s : method.kernel().stages()) {
      if (s.target() instanceof Stage.Target.Local t) {
        DeviceOperand v = values.apart(() -> stages.serial(s));
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
