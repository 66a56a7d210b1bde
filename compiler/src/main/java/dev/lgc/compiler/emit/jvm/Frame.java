package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Matches;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What all methods of a kernel's class have in common. A method that computes something at a point
 * takes the buffers, the shared memory, the thread's scratch, a position for every outer axis, and
 * then what is its own.
 */
final class Frame {
  final Kernel kernel;
  final Schedule.Loops schedule;
  final ClassDesc self;
  final int width;
  final ScratchLayout scratch;
  final Constants constants;

  /** Axes that a unit stands for a position of, outermost first. */
  final List<Axis> outer;

  /** The axis of the space that a unit covers a chunk of, or null. */
  final Axis chunked;

  /** Whether stages read what stages before have written. */
  final boolean rereads;

  /** Sums over few positions, by stage. */
  final Map<Integer, Matches> matches = new LinkedHashMap<>();

  private final Map<Integer, Long> listOffsets = new HashMap<>();
  private final long sharedBytes;

  Frame(Kernel kernel, Schedule.Loops schedule, ClassDesc self) {
    this.kernel = kernel;
    this.schedule = schedule;
    this.self = self;
    this.width = schedule.width();
    this.constants = new Constants(self, width);
    this.chunked = schedule.lanes() instanceof Schedule.Lanes.Space(Axis axis) ? axis : null;
    this.outer = kernel.space().stream().filter(a -> !a.equals(chunked)).toList();
    this.rereads = kernel.buffers().stream().anyMatch(b -> b.access() == Buffer.Access.READ_WRITE);
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
  Axis lanesOf(int stage) {
    return schedule.lanes() instanceof Schedule.Lanes.Inner(var axes) && width > 1
        ? axes.get(stage).orElse(null)
        : null;
  }

  Launch launch() {
    long units = Axis.positions(outer) * (chunked == null ? 1 : chunks());
    return new Launch(
        matches.isEmpty() ? List.of(units) : List.of(1L, units),
        sharedBytes,
        scratch.bytes(),
        work());
  }

  private long work() {
    Cost cost = new Cost(kernel, width, true);
    double work =
        width == 1
            ? cost.scalar()
            : chunked != null
                ? cost.space(chunked)
                : cost.calls()
                    + kernel.stages().stream().mapToDouble(s -> cost.inner(s).cost()).sum();
    return (long) work;
  }

  /** Units along the chunked axis. */
  int chunks() {
    return Math.ceilDiv(chunked.extent(), schedule.grain());
  }

  /** Positions of the chunked axis after the last whole vector. */
  int left() {
    return chunked.extent() % width;
  }

  /** A method whose parameters {@code body} declares. */
  static void method(
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

  /** The type of a method that computes something at a point. */
  MethodTypeDesc pointType(ClassDesc result, List<ClassDesc> more) {
    List<ClassDesc> types = new ArrayList<>(List.of(Names.LONGS, CD_long, CD_long));
    outer.forEach(_ -> types.add(CD_int));
    types.addAll(more);
    return MethodTypeDesc.of(result, types);
  }

  /** The evaluator of a method with the parameters of {@link #pointType}, but for its own. */
  Evaluator evaluator(Code code) {
    Evaluator values = new Evaluator(code, kernel, scratch, constants, width);
    Code.Var buffers = code.parameter("buffers", Names.LONGS);
    Code.Var shared = code.parameter("shared", CD_long);
    Code.Var scratchAt = code.parameter("scratch", CD_long);
    values.addresses.parameters(buffers, scratchAt);
    values.shared(shared);
    List<Code.Var> point = new ArrayList<>(List.of(buffers, shared, scratchAt));
    for (Axis axis : outer) {
      Code.Var position = code.parameter("i" + axis.number(), Form.INDEX);
      values.bind(axis, position);
      point.add(position);
    }
    values.point(() -> point.forEach(code::push));
    return values;
  }

  ListLoops.Lists lists(int stage, Code.Var shared) {
    Matches m = matches.get(stage);
    return m == null ? null : new ListLoops.Lists(m, shared, listOffsets.get(stage));
  }
}
