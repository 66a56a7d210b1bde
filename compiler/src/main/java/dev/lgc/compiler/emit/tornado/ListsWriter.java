package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.kernel.Matches;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;

/**
 * Writes the two tasks of a {@link Schedule.Lists}. The lists are one array: the first position of
 * each label, then the next position after each position; {@code positions} means none.
 */
final class ListsWriter {
  private final Frame frame;
  private final Schedule.Lists schedule;
  private final Stage stage;
  private final Matches matches;
  private final Code code;
  private final Evaluator values;
  private final Memory.Device lists;

  ListsWriter(Frame frame, Schedule.Lists schedule) {
    this.frame = frame;
    this.schedule = schedule;
    stage = frame.kernel().stages().getFirst();
    matches = Matches.of(frame.kernel(), 0, null).orElseThrow();
    code = frame.code();
    values = frame.evaluator();
    lists = frame.workspace().get(DType.I32);
  }

  /** Work-items of the first task. */
  static long linkers(Schedule.Lists s) {
    return (long) s.rows() + s.positions();
  }

  /**
   * Writes the first task: each item finds the least position, after its own if it has one, whose
   * label is its own.
   */
  void writeLinks() {
    Value.Held item = (Value.Held) frame.id("globalIdx");
    code.ifBelow(
        item.variable(),
        Math.toIntExact(linkers(schedule)),
        () -> {
          values.open();
          values.pushSum(item, -schedule.rows());
          Value.Held own = values.save("own", DType.I32);
          code.either(() -> below(own, 0), values.pusher(item), () -> values.push(label(own)));
          Value.Held mine = values.save("mine", DType.I32);
          code.b.loadConstant(schedule.positions());
          Value.Held best = values.save("best", DType.I32);
          code.loop(
              "q",
              code.b::iconst_0,
              schedule.positions(),
              1,
              q -> {
                values.open();
                Value.Held position = new Value.Held(DType.I32, q);
                Value.Held found = takes(position, own, mine, best);
                code.either(values.pusher(found), values.pusher(position), values.pusher(best));
                code.set(best.variable());
                values.close();
              });
          lists.store(code, values.pusher(item), values.pusher(best));
          values.close();
        });
  }

  /** Whether a position is the first found that follows an item's own and has its label. */
  private Value.Held takes(Value q, Value own, Value mine, Value best) {
    Value label = label(q);
    Functions f = values.functions();
    f.compare(Function.EQ, DType.I32, values.pusher(label), values.pusher(mine));
    f.compare(Function.LT, DType.I32, values.pusher(own), values.pusher(q));
    code.b.iand();
    f.compare(Function.LT, DType.I32, values.pusher(q), values.pusher(best));
    code.b.iand();
    return values.save("takes", DType.I32);
  }

  private void below(Value v, int limit) {
    values
        .functions()
        .compare(Function.LT, DType.I32, values.pusher(v), () -> code.b.loadConstant(limit));
  }

  /** The label of a position. */
  private Value label(Value position) {
    return values.apart(
        () -> {
          values.bindDigits(stage.reduction(), position);
          return values.value(matches.label());
        });
  }

  /** Writes the second task: each point adds what its positions have, in their order. */
  void write() {
    int points = Math.toIntExact(Axis.positions(frame.kernel().space()));
    Value.Held p = (Value.Held) frame.id("globalIdx");
    Runnable point = () -> point(p);
    if (points % schedule.items() == 0) {
      point.run();
    } else {
      code.ifBelow(p.variable(), points, point);
    }
  }

  private void point(Value p) {
    values.open();
    values.bindDigits(frame.kernel().space(), p);
    code.b.fconst_0();
    Value.Held sum = values.save("sum", DType.F32);
    Value row = values.position(matches.row());
    lists.load(code, values.pusher(row));
    Value.Held position = values.save("position", DType.I32);
    code.whileBelow(
        position.variable(),
        schedule.positions(),
        () -> {
          values.open();
          values.bindDigits(stage.reduction(), position);
          Value x = values.value(matches.value());
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
