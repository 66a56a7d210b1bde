package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.SegmentedSum;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the class of a kernel with a {@link JvmSchedule.Loops}: what a unit is, and the calls for
 * it.
 */
final class KernelEmitter {
  private static final MethodTypeDesc LINK =
      MethodTypeDesc.of(CD_void, JvmTypes.LONGS, CD_long, CD_long);

  private final KernelClass kernelClass;
  private final ChunkEmitter chunks;
  private final PointEmitter points;

  KernelEmitter(Kernel kernel, JvmSchedule.Loops schedule, ClassDesc self) {
    kernelClass = new KernelClass(kernel, schedule, self);
    chunks = kernelClass.chunked == null ? null : new ChunkEmitter(kernelClass);
    points = kernelClass.chunked == null ? new PointEmitter(kernelClass) : null;
  }

  KernelImage emit() {
    byte[] bytes =
        ClassFile.of()
            .build(
                kernelClass.self,
                c -> {
                  c.withVersion(ClassFile.JAVA_25_VERSION, 0);
                  c.withFlags(AccessFlag.PUBLIC, AccessFlag.FINAL, AccessFlag.SUPER);
                  c.withInterfaceSymbols(JvmTypes.KERNEL_CODE);
                  constructor(c);
                  run(c);
                  if (!kernelClass.segmentedSums.isEmpty()) {
                    link(c);
                  }
                  if (chunks != null) {
                    chunks.emit(c);
                  } else {
                    points.emit(c);
                  }
                  kernelClass.constants.emit(c);
                });
    String descriptor = kernelClass.self.descriptorString();
    return new KernelImage(
        descriptor.substring(1, descriptor.length() - 1),
        bytes,
        kernelClass.schedule,
        kernelClass.launch());
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

  /** Writes the loop over units: the point of each, and the calls for it. */
  private void run(ClassBuilder c) {
    KernelClass.method(
        c,
        "run",
        JvmTypes.RUN,
        false,
        code -> {
          CodeBuilder b = code.b;
          MethodCode.Var phase = code.parameter("phase", CD_int);
          MethodCode.Var buffers = code.parameter("buffers", JvmTypes.LONGS);
          MethodCode.Var shared = code.parameter("shared", CD_long);
          MethodCode.Var scratchAt = code.parameter("scratch", CD_long);
          MethodCode.Var from = code.parameter("from", CD_long);
          MethodCode.Var to = code.parameter("to", CD_long);
          if (!kernelClass.segmentedSums.isEmpty()) {
            Label proper = b.newLabel();
            code.push(phase);
            b.ifne(proper);
            code.push(buffers);
            code.push(shared);
            code.push(scratchAt);
            b.invokestatic(kernelClass.self, "link", LINK);
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

  /** Writes the lists of all {@link SegmentedSum}. */
  private void link(ClassBuilder c) {
    KernelClass.method(
        c,
        "link",
        LINK,
        true,
        code -> {
          ExpressionEmitter values = new ExpressionEmitter(kernelClass.begin(code));
          kernelClass.segmentedSums.forEach(
              (stage, _) ->
                  new SegmentLoops(values, kernelClass.lists(stage, values.method.shared))
                      .link(kernelClass.kernel.stages().get(stage)));
          code.b.return_();
        });
  }

  private void unit(
      MethodCode code,
      MethodCode.Var buffers,
      MethodCode.Var shared,
      MethodCode.Var scratchAt,
      MethodCode.Var unit) {
    code.push(unit);
    MethodCode.Var rest = code.saveLong("rest");
    Map<Axis, MethodCode.Var> positions = new LinkedHashMap<>();
    List<Axis> slow = new ArrayList<>(kernelClass.outer);
    kernelClass
        .schedule
        .sweep()
        .ifPresent(
            axis -> {
              slow.remove(axis);
              boolean last = slow.isEmpty() && kernelClass.chunks() == 1;
              positions.put(axis, digit(code, rest, axis.extent(), last, "i" + axis.number()));
            });
    MethodCode.Var chunk =
        kernelClass.chunked == null
            ? null
            : digit(code, rest, kernelClass.chunks(), slow.isEmpty(), "chunk");
    for (int i = slow.size() - 1; i >= 0; i--) {
      Axis axis = slow.get(i);
      positions.put(axis, digit(code, rest, axis.extent(), i == 0, "i" + axis.number()));
    }
    Runnable point =
        () -> {
          code.push(buffers);
          code.push(shared);
          code.push(scratchAt);
          kernelClass.outer.forEach(a -> code.push(positions.get(a)));
        };
    if (chunk == null) {
      points.call(code, point);
    } else {
      chunks.call(code, point, chunk);
    }
  }

  /**
   * The last digit of {@code rest} in a base; {@code rest} loses it.
   *
   * @param only whether it is the only digit left
   */
  private static MethodCode.Var digit(
      MethodCode code, MethodCode.Var rest, int base, boolean only, String name) {
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
    MethodCode.Var v = code.save(name, Form.INDEX);
    code.push(rest);
    b.loadConstant((long) base);
    b.ldiv();
    code.set(rest);
    return v;
  }
}
