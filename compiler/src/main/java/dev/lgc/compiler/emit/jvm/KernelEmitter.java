package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Writes the class of a kernel with a {@link Schedule.Loops}. */
final class KernelEmitter {
  private static final MethodTypeDesc LINK =
      MethodTypeDesc.of(CD_void, Names.LONGS, CD_long, CD_long);

  private final Kernel kernel;
  private final Schedule.Loops schedule;
  private final ClassDesc self;
  private final int width;
  private final ScratchLayout scratch;

  /** Axes that a unit stands for a position of, outermost first; the lane axis of the space comes last, in chunks. */
  private final List<Axis> outer;

  /** The axis of the space that a unit covers a chunk of, or null. */
  private final Axis chunked;

  /** Sums over few positions by stage, and where their lists begin in shared memory. */
  private final Map<Integer, Matches> matches = new LinkedHashMap<>();

  private final Map<Integer, Long> listOffsets = new HashMap<>();
  private final long sharedBytes;

  KernelEmitter(Kernel kernel, Schedule.Loops schedule, ClassDesc self) {
    this.kernel = kernel;
    this.schedule = schedule;
    this.self = self;
    this.width = schedule.width();
    this.chunked = schedule.lanes() instanceof Schedule.Lanes.Space(Axis axis) ? axis : null;
    this.outer = kernel.space().stream().filter(a -> !a.equals(chunked)).toList();
    this.scratch = ScratchLayout.of(kernel, chunked != null && width > 1, width);
    long shared = 0;
    for (int i = 0; i < kernel.stages().size(); i++) {
      Optional<Matches> m = Matches.of(kernel, i, chunked);
      if (m.isPresent() && lanesOf(i) == null) {
        matches.put(i, m.get());
        listOffsets.put(i, shared);
        shared += m.get().bytes(kernel);
      }
    }
    this.sharedBytes = shared;
  }

  /** The axis that a stage has lanes of its own along, or null. */
  private Axis lanesOf(int stage) {
    return schedule.lanes() instanceof Schedule.Lanes.Inner(var axes) && width > 1
        ? axes.get(stage).orElse(null)
        : null;
  }


  KernelImage emit() {
    byte[] bytes =
        ClassFile.of()
            .build(
                self,
                c -> {
                  c.withVersion(ClassFile.JAVA_25_VERSION, 0);
                  c.withFlags(AccessFlag.PUBLIC, AccessFlag.FINAL, AccessFlag.SUPER);
                  c.withInterfaceSymbols(Names.KERNEL_CODE);
                  constructor(c);
                  run(c);
                  if (!matches.isEmpty()) {
                    link(c);
                  }
                  if (chunked != null) {
                    chunk(c);
                    if (left() > 0) {
                      rest(c);
                    }
                  } else {
                    for (int i = 0; i < kernel.stages().size(); i++) {
                      stage(c, i);
                    }
                  }
                });
    return new KernelImage(
        self.descriptorString().substring(1, self.descriptorString().length() - 1),
        bytes,
        schedule,
        new Launch(
            matches.isEmpty() ? List.of(units()) : List.of(1L, units()),
            sharedBytes,
            scratch.bytes(),
            work()));
  }

  private long units() {
    long n = ContractionShape.size(outer);
    return chunked == null ? n : n * chunks();
  }

  private long work() {
    Cost cost = new Cost(kernel, width, true);
    if (width == 1) {
      return (long) cost.scalar();
    }
    return (long)
        (chunked != null
            ? cost.space(chunked)
            : cost.calls()
                + kernel.stages().stream().mapToDouble(s -> cost.inner(s).cost()).sum());
  }

  private int chunks() {
    return Math.ceilDiv(chunked.extent(), schedule.grain());
  }

  /** Positions of the lane axis after the last whole vector. */
  private int left() {
    return chunked.extent() % width;
  }

  private void constructor(ClassBuilder c) {
    c.withMethodBody(
        ConstantDescs.INIT_NAME,
        ConstantDescs.MTD_void,
        ClassFile.ACC_PUBLIC,
        b ->
            b.aload(0)
                .invokespecial(
                    ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                .return_());
  }

  private void method(
      ClassBuilder c, String name, MethodTypeDesc type, boolean isStatic, Consumer<Code> body) {
    int flags = isStatic ? ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC : ClassFile.ACC_PUBLIC;
    c.withMethodBody(
        name,
        type,
        flags,
        b -> {
          Code code = new Code(b, isStatic);
          body.accept(code);
          code.close();
        });
  }

  /** For every unit: which point it is, then what is to be done there. */
  private void run(ClassBuilder c) {
    method(
        c,
        "run",
        Names.RUN,
        false,
        code -> {
          CodeBuilder b = code.b;
          Code.Var phase = code.parameter("phase", CD_int);
          Code.Var buffers = code.parameter("buffers", Names.LONGS);
          Code.Var shared = code.parameter("shared", CD_long);
          Code.Var scratchAt = code.parameter("scratch", CD_long);
          Code.Var from = code.parameter("from", CD_long);
          Code.Var to = code.parameter("to", CD_long);
          if (!matches.isEmpty()) {
            Label proper = b.newLabel();
            code.push(phase);
            b.ifne(proper);
            code.push(buffers);
            code.push(shared);
            code.push(scratchAt);
            b.invokestatic(self, "link", LINK);
            b.return_();
            b.labelBinding(proper);
          }
          Label head = b.newBoundLabel();
          Label end = b.newLabel();
          code.push(from);
          code.push(to);
          b.lcmp();
          b.ifge(end);
          code.open();
          unit(code, buffers, shared, scratchAt, from);
          code.close();
          code.push(from);
          b.lconst_1();
          b.ladd();
          code.set(from);
          b.goto_(head);
          b.labelBinding(end);
          b.return_();
        });
  }

  /** Writes the lists of all {@link Matches}. */
  private void link(ClassBuilder c) {
    method(
        c,
        "link",
        LINK,
        true,
        code -> {
          Evaluator values = new Evaluator(code, new Terms(), kernel, scratch, width);
          Code.Var buffers = code.parameter("buffers", Names.LONGS);
          Code.Var shared = code.parameter("shared", CD_long);
          values.addresses.parameters(buffers, code.parameter("scratch", CD_long));
          StageEmitter emitter = new StageEmitter(values, width);
          matches.forEach(
              (stage, _) -> emitter.link(kernel.stages().get(stage), lists(stage, shared)));
          code.b.return_();
          values.close();
        });
  }

  private StageEmitter.Lists lists(int stage, Code.Var shared) {
    Matches m = matches.get(stage);
    return m == null ? null : new StageEmitter.Lists(m, shared, listOffsets.get(stage));
  }

  private void unit(
      Code code, Code.Var buffers, Code.Var shared, Code.Var scratchAt, Code.Var unit) {
    code.push(unit);
    Code.Var rest = code.saveLong("rest");
    Map<Axis, Code.Var> positions = new LinkedHashMap<>();
    List<Axis> slow = new ArrayList<>(outer);
    schedule
        .sweep()
        .ifPresent(
            axis -> {
              slow.remove(axis);
              boolean last = slow.isEmpty() && chunks() == 1;
              positions.put(axis, digit(code, rest, axis.extent(), last, "i" + axis.number()));
            });
    Code.Var chunk =
        chunked == null ? null : digit(code, rest, chunks(), slow.isEmpty(), "chunk");
    for (int i = slow.size() - 1; i >= 0; i--) {
      Axis axis = slow.get(i);
      positions.put(axis, digit(code, rest, axis.extent(), i == 0, "i" + axis.number()));
    }
    Runnable point =
        () -> {
          code.push(buffers);
          code.push(shared);
          code.push(scratchAt);
          outer.forEach(a -> code.push(positions.get(a)));
        };
    if (chunk == null) {
      stages(code, point);
    } else {
      chunkCalls(code, point, chunk);
    }
  }

  /**
   * The last digit of {@code rest} in a base; {@code rest} loses it.
   *
   * @param only whether it is the only digit left
   */
  private static Code.Var digit(
      Code code, Code.Var rest, int base, boolean only, String name) {
    CodeBuilder b = code.b;
    if (base == 1) {
      b.iconst_0();
      return code.save(name, Form.INDEX);
    }
    if (only) {
      code.push(rest);
      b.l2i();
      return code.save(name, Form.INDEX);
    }
    code.push(rest);
    b.loadConstant((long) base);
    b.lrem();
    b.l2i();
    Code.Var v = code.save(name, Form.INDEX);
    code.push(rest);
    b.loadConstant((long) base);
    b.ldiv();
    code.set(rest);
    return v;
  }

  private MethodTypeDesc pointType(ClassDesc result, ClassDesc... more) {
    List<ClassDesc> types = new ArrayList<>(List.of(Names.LONGS, CD_long, CD_long));
    outer.forEach(_ -> types.add(CD_int));
    types.addAll(List.of(more));
    return MethodTypeDesc.of(result, types);
  }

  /** The evaluator of a method with the parameters of {@link #pointType}. */
  private Evaluator evaluator(Code code) {
    Evaluator values = new Evaluator(code, new Terms(), kernel, scratch, width);
    Code.Var buffers = code.parameter("buffers", Names.LONGS);
    values.shared(code.parameter("shared", CD_long));
    Code.Var scratchAt = code.parameter("scratch", CD_long);
    values.addresses.parameters(buffers, scratchAt);
    for (Axis axis : outer) {
      values.bind(axis, code.parameter("i" + axis.number(), Form.INDEX));
    }
    return values;
  }

  // Lanes along an axis of the space: all stages for a vector of points.

  private void chunkCalls(Code code, Runnable point, Code.Var chunk) {
    CodeBuilder b = code.b;
    int whole = chunked.extent() - left();
    code.push(chunk);
    b.loadConstant(schedule.grain());
    b.imul();
    Code.Var from = code.save("from", Form.INDEX);
    if (whole > 0) {
      point.run();
      code.push(from);
      code.push(from);
      b.loadConstant(schedule.grain());
      b.iadd();
      b.loadConstant(whole);
      b.invokestatic(Names.MATH, "min", MethodTypeDesc.of(CD_int, CD_int, CD_int));
      b.invokestatic(self, "chunk", pointType(CD_void, CD_int, CD_int));
    }
    if (left() > 0) {
      Label notLast = b.newLabel();
      code.push(chunk);
      b.loadConstant(chunks() - 1);
      b.if_icmpne(notLast);
      point.run();
      b.invokestatic(self, "rest", pointType(CD_void));
      b.labelBinding(notLast);
    }
  }

  private void chunk(ClassBuilder c) {
    if (chunked.extent() < width) {
      return;
    }
    method(
        c,
        "chunk",
        pointType(CD_void, CD_int, CD_int),
        true,
        code -> {
          Evaluator values = evaluator(code);
          Code.Var from = code.parameter("from", Form.INDEX);
          Code.Var to = code.parameter("to", Form.INDEX);
          List<Stage> stages = kernel.stages();
          prepareAll(values);
          code.loop(
              "i" + chunked.number(),
              () -> code.push(from),
              to,
              0,
              width,
              i -> points(values, stages, i, null, width));
          code.b.return_();
          values.close();
        });
  }

  private void rest(ClassBuilder c) {
    method(
        c,
        "rest",
        pointType(CD_void),
        true,
        code -> {
          Evaluator values = evaluator(code);
          Code.Var mask = StageEmitter.mask(code, left(), width);
          code.b.loadConstant(chunked.extent() - left());
          Code.Var i = code.save("i" + chunked.number(), Form.INDEX);
          points(values, kernel.stages(), i, mask, left());
          code.b.return_();
          values.close();
        });
  }

  private void prepareAll(Evaluator values) {
    for (Stage s : kernel.stages()) {
      values.prepare(values.terms.unique(s.value()));
      if (s.target() instanceof Stage.Target.Store(int buffer, var index)) {
        values.addresses.prepare(
            values.addresses.buffer(buffer, values.terms.unique(index)), false);
      }
    }
  }

  private void points(
      Evaluator values, List<Stage> stages, Code.Var i, Code.Var mask, int active) {
    values.open();
    values.bind(chunked, i);
    if (width > 1) {
      values.enter(new Lane(chunked, width, active, mask));
    }
    StageEmitter emitter = new StageEmitter(values, width);
    for (int n = 0; n < stages.size(); n++) {
      Stage s = stages.get(n);
      Value v = emitter.emit(s, null, lists(n, values.shared()));
      if (s.target() instanceof Stage.Target.Local t) {
        values.bindLocal(t.number(), v);
      }
    }
    values.enter(null);
    values.unbind(chunked);
    values.close();
  }

  // One point at a time: a method for every stage, locals passed on as arguments.

  private void stages(Code code, Runnable point) {
    List<Code.Var> locals = new ArrayList<>();
    for (int i = 0; i < kernel.stages().size(); i++) {
      point.run();
      locals.forEach(code::push);
      code.b.invokestatic(self, "stage" + i, stageType(i));
      if (kernel.stages().get(i).target() instanceof Stage.Target.Local t) {
        locals.add(code.save("local" + t.number(), Form.scalar(t.dtype())));
      }
    }
  }

  private List<Stage.Target.Local> localsBefore(int stage) {
    return kernel.stages().subList(0, stage).stream()
        .map(Stage::target)
        .filter(Stage.Target.Local.class::isInstance)
        .map(Stage.Target.Local.class::cast)
        .toList();
  }

  private MethodTypeDesc stageType(int stage) {
    ClassDesc result =
        kernel.stages().get(stage).target() instanceof Stage.Target.Local t
            ? Form.scalar(t.dtype()).type()
            : CD_void;
    return pointType(
        result,
        localsBefore(stage).stream()
            .map(t -> Form.scalar(t.dtype()).type())
            .toArray(ClassDesc[]::new));
  }

  private void stage(ClassBuilder c, int number) {
    Stage stage = kernel.stages().get(number);
    method(
        c,
        "stage" + number,
        stageType(number),
        true,
        code -> {
          Evaluator values = evaluator(code);
          for (Stage.Target.Local t : localsBefore(number)) {
            Form form = Form.scalar(t.dtype());
            values.bindLocal(
                t.number(), new Value.Held(code.parameter("local" + t.number(), form)));
          }
          StageEmitter emitter = new StageEmitter(values, width);
          Value v = emitter.emit(stage, lanesOf(number), lists(number, values.shared()));
          if (v == null) {
            code.b.return_();
          } else {
            values.push(v);
            code.b.return_(v.form().kind());
          }
          values.close();
        });
  }
}
