package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.List;

/**
 * Writes a kernel with a {@link DeviceSchedule.Group}. {@link GroupBarriers} stand between the
 * stages, never where items differ in whether they come by.
 */
final class GroupWriter {
  private final TaskMethod method;
  private final DeviceSchedule.Group schedule;
  private final DeviceCode code;
  private final ExpressionWriter values;
  private final StageWriter stages;
  private final TreeReduction tree;
  private final GroupBarriers barriers;
  private final DeviceOperand group;
  private final DeviceOperand item;

  GroupWriter(TaskMethod method, DeviceSchedule.Group schedule) {
    this.method = method;
    this.schedule = schedule;
    code = method.code();
    values = method.expressions();
    stages = new StageWriter(values);
    group = method.id("groupIdx");
    item = method.id("localIdx");
    tree =
        new TreeReduction(
            method,
            values,
            item,
            schedule.items(),
            TreeReduction.needs(method.kernel().stages(), schedule.stages()));
    barriers = new GroupBarriers(method, schedule, tree);
    int[] spilled = new int[DType.values().length];
    for (Stage s : method.kernel().stages()) {
      if (s.target() instanceof Stage.Target.Scratch t) {
        values.bindScratch(t.number(), t.extents(), scratch(t, spilled));
      }
    }
  }

  /** A scratch array in local memory, or the group's copy of it in the workspace. */
  private MemRef scratch(Stage.Target.Scratch t, int[] spilled) {
    int n = Math.toIntExact(t.elements());
    if (!schedule.spilled().contains(t.number())) {
      return method.local("v" + t.number(), t.dtype(), n);
    }
    DType type = spilledType(t.dtype());
    MemRef.Device all = method.workspace().get(type);
    values.push(group);
    code.b.loadConstant(n);
    code.b.imul();
    DeviceOperand base = values.save("base" + t.number(), DType.I32);
    int offset = all.offset() + spilled[type.ordinal()];
    spilled[type.ordinal()] += n * schedule.groups();
    return new MemRef.Device(type, all.array(), offset, values.pusher(base));
  }

  /** The type of the workspace that holds a scratch array: others than floats are ints. */
  static DType spilledType(DType type) {
    return type.isFloat() ? DType.F32 : DType.I32;
  }

  void write() {
    stages.ends(method.kernel().stages());
    int points = Math.toIntExact(Axis.positions(method.kernel().space()));
    if (points > schedule.groups()) {
      code.loop(
          "point",
          () -> values.push(group),
          points,
          schedule.groups(),
          p -> {
            point(new DeviceOperand.Variable(DType.I32, p));
            method.localBarrier();
            method.globalBarrier();
          });
    } else {
      point(group);
    }
  }

  private void point(DeviceOperand p) {
    values.open();
    values.bindDigits(method.kernel().space(), p);
    for (int i = 0; i < schedule.stages().size(); i++) {
      Stage s = method.kernel().stages().get(i);
      barriers.before(s);
      DeviceOperand v = stage(s, schedule.stages().get(i));
      if (s.target() instanceof Stage.Target.Local t) {
        values.bindLocal(t.number(), v);
      }
      barriers.after(s);
    }
    values.close();
  }

  private DeviceOperand stage(Stage s, DeviceSchedule.Share share) {
    boolean local = s.target() instanceof Stage.Target.Local;
    return switch (share) {
      case EVERY -> values.apart(() -> stages.serial(s));
      case ONE -> {
        Runnable one = () -> stages.loops(s.axes(), s, () -> store(s, stages.serial(s)));
        apart(() -> code.ifBelow(variable(item), 1, () -> inScope(_ -> one.run(), item)));
        yield null;
      }
      case AXES -> {
        apart(() -> shared(s));
        yield null;
      }
      case BLOCKS -> {
        apart(() -> blocks(s));
        yield null;
      }
      case TOGETHER -> {
        if (local) {
          yield values.apart(() -> together(s));
        }
        apart(() -> storeTogether(s));
        yield null;
      }
      case SPLIT -> {
        apart(() -> split(s));
        yield null;
      }
    };
  }

  private void apart(Runnable body) {
    values.open();
    body.run();
    values.close();
  }

  private void store(Stage s, DeviceOperand v) {
    stages.store(s, v);
  }

  private void shared(Stage s) {
    stages.prepare(s);
    share(
        s,
        s.axes(),
        q -> {
          stages.bindDigits(s, s.axes(), q);
          store(s, stages.serial(s));
          s.axes().forEach(values::unbind);
        });
  }

  private void blocks(Stage s) {
    BlockWriter.Block b = BlockWriter.Block.of(method.kernel(), s, schedule.items()).orElseThrow();
    BlockWriter writer = new BlockWriter(values, stages, s, b);
    share(DeviceOperand.Constant.index(b.count()), b.count(), writer::write);
  }

  /** An item's work for one position. */
  private interface Position {
    void emit(DeviceOperand position);
  }

  /** The positions of some of a stage's axes, dealt to the items in turn. */
  private void share(Stage s, List<Axis> axes, Position body) {
    share(stages.visited(s, axes), Math.toIntExact(Axis.positions(axes)), body);
  }

  /**
   * Positions from 0 on, dealt to the items in turn.
   *
   * @param most that there can be
   */
  private void share(DeviceOperand positions, int most, Position body) {
    if (most <= schedule.items()) {
      Runnable once = () -> inScope(body, item);
      if (most < schedule.items() || positions instanceof DeviceOperand.Variable) {
        code.ifBelow(variable(item), values.pusher(positions), once);
      } else {
        once.run();
      }
      return;
    }
    code.loop(
        "q",
        () -> values.push(item),
        values.pusher(positions),
        schedule.items(),
        q -> inScope(body, new DeviceOperand.Variable(DType.I32, q)));
  }

  private void inScope(Position body, DeviceOperand q) {
    values.open();
    body.emit(q);
    values.close();
  }

  private static DeviceCode.Var variable(DeviceOperand v) {
    return ((DeviceOperand.Variable) v).variable();
  }

  private void storeTogether(Stage s) {
    DeviceOperand v = together(s);
    Runnable store = () -> stages.loops(s.axes(), s, () -> store(s, v));
    code.ifBelow(variable(item), 1, () -> inScope(_ -> store.run(), item));
  }

  /** Several items at each position of the axes: neighbouring items at neighbouring positions. */
  private void split(Stage s) {
    int positions = Math.toIntExact(Axis.positions(s.axes()));
    int apart = Integer.highestOneBit(2 * positions - 1);
    int lanes = schedule.items() / apart;
    values.push(item);
    code.b.loadConstant(apart);
    code.b.irem();
    DeviceOperand at = values.save("at", DType.I32);
    values.push(item);
    code.b.loadConstant(apart);
    code.b.idiv();
    DeviceOperand lane = values.save("lane", DType.I32);
    StageWriter.Partial mine = stages.begin(s);
    Runnable reduce =
        () -> {
          values.open();
          values.bindDigits(s.axes(), at);
          stages.prepare(s);
          DeviceOperand reduced = stages.visited(s, s.reduction());
          code.loop(
              "q",
              () -> values.push(lane),
              values.pusher(reduced),
              lanes,
              q ->
                  inScope(
                      position -> {
                        stages.bindDigits(s, s.reduction(), position);
                        mine.add(position);
                        s.reduction().forEach(values::unbind);
                      },
                      new DeviceOperand.Variable(DType.I32, q)));
          s.axes().forEach(values::unbind);
          values.close();
        };
    if (positions == apart) {
      reduce.run();
    } else {
      code.ifBelow(variable(at), positions, reduce);
    }
    tree.reduce(mine, lanes, apart);
    code.ifBelow(
        variable(item),
        positions,
        () ->
            inScope(
                position -> {
                  values.bindDigits(s.axes(), position);
                  store(s, stages.rounded(s, mine.result()));
                  s.axes().forEach(values::unbind);
                },
                item));
  }

  /** The reduction of all items, known to all of them. */
  private DeviceOperand together(Stage s) {
    stages.prepare(s);
    StageWriter.Partial mine = stages.begin(s);
    int positions = Math.toIntExact(Axis.positions(s.reduction()));
    share(
        s,
        s.reduction(),
        q -> {
          stages.bindDigits(s, s.reduction(), q);
          mine.add(q);
          s.reduction().forEach(values::unbind);
        });
    return stages.rounded(s, tree.reduce(mine, positions));
  }
}
