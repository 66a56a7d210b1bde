package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SegmentedSum;
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
 * The class of a kernel, as all its methods see it. A method that computes something at a point
 * takes the buffers, the shared memory, the thread's scratch, a position for every outer axis, and
 * then what is its own.
 */
final class KernelClass {
  final Kernel kernel;
  final JvmSchedule.Loops schedule;
  final ClassDesc self;
  final int width;
  final ScratchLayout scratch;
  final VectorConstants constants;

  /** Axes that a unit stands for a position of, outermost first. */
  final List<Axis> outer;

  /** The axis of the space that a unit covers a chunk of, or null. */
  final Axis chunked;

  /** True if stages read what stages before them have written. */
  final boolean rereads;

  /** The segmented sums, by stage. */
  final Map<Integer, SegmentedSum> segmentedSums = new LinkedHashMap<>();

  private final Map<Integer, Long> listOffsets = new HashMap<>();
  private final long sharedBytes;

  KernelClass(Kernel kernel, JvmSchedule.Loops schedule, ClassDesc self) {
    this.kernel = kernel;
    this.schedule = schedule;
    this.self = self;
    this.width = schedule.width();
    this.constants = new VectorConstants(self, width);
    this.chunked = schedule.lanes() instanceof JvmSchedule.Lanes.Space(Axis axis) ? axis : null;
    this.outer = kernel.space().stream().filter(a -> !a.equals(chunked)).toList();
    this.rereads = kernel.buffers().stream().anyMatch(b -> b.access() == Buffer.Access.READ_WRITE);
    this.scratch = ScratchLayout.of(kernel, chunked != null && width > 1, width);
    long shared = 0;
    for (int i = 0; i < kernel.stages().size(); i++) {
      Optional<SegmentedSum> m = SegmentedSum.of(kernel, i, chunked);
      if (m.isPresent() && lanesOf(i) == null) {
        segmentedSums.put(i, m.get());
        listOffsets.put(i, shared);
        shared += m.get().bytes(kernel);
      }
    }
    this.sharedBytes = shared;
  }

  /** The axis that a stage has lanes of its own along, or null. */
  Axis lanesOf(int stage) {
    return schedule.lanes() instanceof JvmSchedule.Lanes.Inner(var axes) && width > 1
        ? axes.get(stage).orElse(null)
        : null;
  }

  Launch launch() {
    long units = Axis.positions(outer) * (chunked == null ? 1 : chunks());
    return new Launch(
        segmentedSums.isEmpty() ? List.of(units) : List.of(1L, units),
        sharedBytes,
        scratch.bytes(),
        work());
  }

  private long work() {
    VectorizationCost cost = new VectorizationCost(kernel, width, true);
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
      ClassBuilder c,
      String name,
      MethodTypeDesc type,
      boolean isStatic,
      Consumer<MethodCode> body) {
    int flags = isStatic ? ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC : ClassFile.ACC_PUBLIC;
    c.withMethodBody(
        name,
        type,
        flags,
        b -> {
          MethodCode code = new MethodCode(b, isStatic);
          body.accept(code);
          code.close();
        });
  }

  /** The type of a method that computes something at a point. */
  MethodTypeDesc pointType(ClassDesc result, List<ClassDesc> more) {
    List<ClassDesc> types = new ArrayList<>(List.of(JvmTypes.LONGS, CD_long, CD_long));
    outer.forEach(_ -> types.add(CD_int));
    types.addAll(more);
    return MethodTypeDesc.of(result, types);
  }

  /** Begins a method with the first parameters that all have; the method's own follow. */
  KernelMethod begin(MethodCode code) {
    return new KernelMethod(code, kernel, scratch, constants, width);
  }

  /** Begins a method with the parameters of {@link #pointType}; the method's own follow. */
  ExpressionEmitter expressions(MethodCode code) {
    ExpressionEmitter values = new ExpressionEmitter(begin(code));
    for (Axis axis : outer) {
      values.environment.bind(axis, code.parameter("i" + axis.number(), Form.INDEX));
    }
    return values;
  }

  /** Pushes the arguments of {@link #pointType}, which are the parameters of the caller. */
  void pushPoint(ExpressionEmitter values) {
    KernelMethod m = values.method;
    m.code.push(m.buffers);
    m.code.push(m.shared);
    m.code.push(m.scratchStart);
    outer.forEach(axis -> m.code.push(values.environment.position(axis)));
  }

  SegmentLoops.SegmentLists lists(int stage, MethodCode.Var shared) {
    SegmentedSum m = segmentedSums.get(stage);
    return m == null ? null : new SegmentLoops.SegmentLists(m, shared, listOffsets.get(stage));
  }
}
