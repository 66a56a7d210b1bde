package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.kernel.SegmentedSum;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;

/**
 * Writes the two tasks of a {@link DeviceSchedule.Segments}. The lists are one array: the first
 * position of each label, then the next position after each position; {@code positions} means none.
 */
final class SegmentedSumWriter {
  private final TaskMethod method;
  private final DeviceSchedule.Segments schedule;
  private final Stage stage;
  private final SegmentedSum segmentedSum;
  private final DeviceCode code;
  private final ExpressionWriter values;
  private final MemRef.Device lists;

  SegmentedSumWriter(TaskMethod method, DeviceSchedule.Segments schedule) {
    this.method = method;
    this.schedule = schedule;
    stage = method.kernel().stages().getFirst();
    segmentedSum = SegmentedSum.of(method.kernel(), 0, null).orElseThrow();
    code = method.code();
    values = method.expressions();
    lists = method.workspace().get(DType.I32);
  }

  /** Work-items of the first task. */
  static long linkers(DeviceSchedule.Segments s) {
    return (long) s.rows() + s.positions();
  }

  /**
   * Writes the first task: each item finds the least position, after its own if it has one, whose
   * label is its own.
   */
  void writeLinks() {
    DeviceOperand.Variable item = (DeviceOperand.Variable) method.id("globalIdx");
    code.ifBelow(
        item.variable(),
        Math.toIntExact(linkers(schedule)),
        () -> {
          values.open();
          values.pushSum(item, -schedule.rows());
          DeviceOperand.Variable own = values.save("own", DType.I32);
          code.either(() -> below(own, 0), values.pusher(item), () -> values.push(label(own)));
          DeviceOperand.Variable mine = values.save("mine", DType.I32);
          code.b.loadConstant(schedule.positions());
          DeviceOperand.Variable best = values.save("best", DType.I32);
          code.loop(
              "q",
              code.b::iconst_0,
              schedule.positions(),
              1,
              q -> {
                values.open();
                DeviceOperand.Variable position = new DeviceOperand.Variable(DType.I32, q);
                DeviceOperand.Variable found = takes(position, own, mine, best);
                code.either(values.pusher(found), values.pusher(position), values.pusher(best));
                code.set(best.variable());
                values.close();
              });
          lists.store(code, values.pusher(item), values.pusher(best));
          values.close();
        });
  }

  /**
   * A variable that is 1 if a position is the first found that follows an item's own and has its
   * label.
   */
  private DeviceOperand.Variable takes(
      DeviceOperand q, DeviceOperand own, DeviceOperand mine, DeviceOperand best) {
    DeviceOperand label = label(q);
    Functions f = values.functions();
    f.compare(Function.EQ, DType.I32, values.pusher(label), values.pusher(mine));
    f.compare(Function.LT, DType.I32, values.pusher(own), values.pusher(q));
    code.b.iand();
    f.compare(Function.LT, DType.I32, values.pusher(q), values.pusher(best));
    code.b.iand();
    return values.save("takes", DType.I32);
  }

  private void below(DeviceOperand v, int limit) {
    values
        .functions()
        .compare(Function.LT, DType.I32, values.pusher(v), () -> code.b.loadConstant(limit));
  }

  /** The label of a position. */
  private DeviceOperand label(DeviceOperand position) {
    return values.apart(
        () -> {
          values.bindDigits(stage.reduction(), position);
          return values.value(segmentedSum.label());
        });
  }

  /** Writes the second task: each point adds what its positions have, in their order. */
  void write() {
    int points = Math.toIntExact(Axis.positions(method.kernel().space()));
    DeviceOperand.Variable p = (DeviceOperand.Variable) method.id("globalIdx");
    Runnable point = () -> point(p);
    if (points % schedule.items() == 0) {
      point.run();
    } else {
      code.ifBelow(p.variable(), points, point);
    }
  }

  private void point(DeviceOperand p) {
    values.open();
    values.bindDigits(method.kernel().space(), p);
    code.b.fconst_0();
    DeviceOperand.Variable sum = values.save("sum", DType.F32);
    DeviceOperand row = values.position(segmentedSum.row());
    lists.load(code, values.pusher(row));
    DeviceOperand.Variable position = values.save("position", DType.I32);
    code.whileBelow(
        position.variable(),
        schedule.positions(),
        () -> {
          values.open();
          values.bindDigits(stage.reduction(), position);
          DeviceOperand x = values.value(segmentedSum.value());
          values.push(sum);
          values.push(x);
          code.b.fadd();
          code.set(sum.variable());
          lists.load(code, () -> values.pushSum(position, schedule.rows()));
          code.set(position.variable());
          values.close();
        });
    stage.reduction().forEach(values::unbind);
    values.store((Stage.Target.Store) stage.target(), sum);
    values.close();
  }
}
