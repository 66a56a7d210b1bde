package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Writes a kernel with a {@link Schedule.Group}. Barriers come where a stage reads what other items
 * wrote, and where it overwrites what they may not have read yet; never where items differ in
 * whether they come by.
 */
final class GroupWriter {
  private final Frame frame;
  private final Schedule.Group schedule;
  private final Code code;
  private final Evaluator values;
  private final StageWriter stages;
  private final Tree tree;
  private final Value group;
  private final Value item;

  /** What was written since the last barrier, by scratch and by buffer number. */
  private final Set<Integer> writtenLocal = new HashSet<>();

  private final Set<Integer> writtenSpilled = new HashSet<>();
  private final Set<Integer> writtenBuffers = new HashSet<>();
  private final Set<Integer> readBuffers = new HashSet<>();

  GroupWriter(Frame frame, Schedule.Group schedule) {
    this.frame = frame;
    this.schedule = schedule;
    code = frame.code();
    values = frame.evaluator();
    stages = new StageWriter(values);
    group = frame.id("groupIdx");
    item = frame.id("localIdx");
    tree =
        new Tree(
            frame,
            values,
            item,
            schedule.items(),
            Tree.needs(frame.kernel().stages(), schedule.stages()));
    int[] spilled = new int[DType.values().length];
    for (Stage s : frame.kernel().stages()) {
      if (s.target() instanceof Stage.Target.Scratch t) {
        values.bindScratch(t.number(), t.extents(), scratch(t, spilled));
      }
    }
  }

  /** A scratch array in local memory, or the group's copy of it in the workspace. */
  private Memory scratch(Stage.Target.Scratch t, int[] spilled) {
    int n = Math.toIntExact(t.elements());
    if (!schedule.spilled().contains(t.number())) {
      return frame.local("v" + t.number(), t.dtype(), n);
    }
    DType type = spilledType(t.dtype());
    Memory.Device all = frame.workspace().get(type);
    values.push(group);
    code.b.loadConstant(n);
    code.b.imul();
    Value base = values.save("base" + t.number(), DType.I32);
    int offset = all.offset() + spilled[type.ordinal()];
    spilled[type.ordinal()] += n * schedule.groups();
    return new Memory.Device(type, all.array(), offset, values.pusher(base));
  }

  /** The type of the workspace that holds a scratch array: others than floats are ints. */
  static DType spilledType(DType type) {
    return type.isFloat() ? DType.F32 : DType.I32;
  }

  void write() {
    stages.ends(frame.kernel().stages());
    int points = Math.toIntExact(Axis.positions(frame.kernel().space()));
    if (points > schedule.groups()) {
      code.loop(
          "point",
          () -> values.push(group),
          points,
          schedule.groups(),
          p -> {
            point(new Value.Held(DType.I32, p));
            frame.localBarrier();
            frame.globalBarrier();
          });
    } else {
      point(group);
    }
  }

  private void point(Value p) {
    values.open();
    values.bindDigits(frame.kernel().space(), p);
    for (int i = 0; i < schedule.stages().size(); i++) {
      Stage s = frame.kernel().stages().get(i);
      synchronise(s);
      Value v = stage(s, schedule.stages().get(i));
      if (s.target() instanceof Stage.Target.Local t) {
        values.bindLocal(t.number(), v);
      }
      note(s);
    }
    values.close();
  }

  private Value stage(Stage s, Schedule.Share share) {
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

  private void store(Stage s, Value v) {
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
    BlockWriter.Block b = BlockWriter.Block.of(frame.kernel(), s, schedule.items()).orElseThrow();
    BlockWriter writer = new BlockWriter(values, stages, s, b);
    share(Value.Constant.index(b.count()), b.count(), writer::write);
  }

  /** What an item does for one position. */
  private interface Position {
    void emit(Value position);
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
  private void share(Value positions, int most, Position body) {
    if (most <= schedule.items()) {
      Runnable once = () -> inScope(body, item);
      if (most < schedule.items() || positions instanceof Value.Held) {
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
        q -> inScope(body, new Value.Held(DType.I32, q)));
  }

  private void inScope(Position body, Value q) {
    values.open();
    body.emit(q);
    values.close();
  }

  private static Code.Var variable(Value v) {
    return ((Value.Held) v).variable();
  }

  private void storeTogether(Stage s) {
    Value v = together(s);
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
    Value at = values.save("at", DType.I32);
    values.push(item);
    code.b.loadConstant(apart);
    code.b.idiv();
    Value lane = values.save("lane", DType.I32);
    StageWriter.Partial mine = stages.begin(s);
    Runnable reduce =
        () -> {
          values.open();
          values.bindDigits(s.axes(), at);
          stages.prepare(s);
          Value reduced = stages.visited(s, s.reduction());
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
                      new Value.Held(DType.I32, q)));
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
  private Value together(Stage s) {
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

  // Barriers.

  private void synchronise(Stage s) {
    Set<Integer> scratch = new HashSet<>();
    Set<Integer> buffers = new HashSet<>();
    reads(s, scratch, buffers);
    boolean local = scratch.stream().anyMatch(writtenLocal::contains);
    boolean device =
        scratch.stream().anyMatch(writtenSpilled::contains)
            || buffers.stream().anyMatch(writtenBuffers::contains)
            || s.target() instanceof Stage.Target.Store t && readBuffers.contains(t.buffer());
    if (local) {
      frame.localBarrier();
      writtenLocal.clear();
      tree.synchronised();
    }
    if (device) {
      frame.globalBarrier();
      writtenSpilled.clear();
      writtenBuffers.clear();
      readBuffers.clear();
    }
  }

  private void note(Stage s) {
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
          && frame.kernel().buffers().get(l.operand()).access() != Buffer.Access.READ) {
        buffers.add(l.operand());
      }
      todo.addAll(x.children());
    }
  }
}
