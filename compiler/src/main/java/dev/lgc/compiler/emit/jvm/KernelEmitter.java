package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Matches;
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
 * Writes the class of a kernel with a {@link Schedule.Loops}: what a unit is, and the calls for it.
 */
final class KernelEmitter {
  private static final MethodTypeDesc LINK =
      MethodTypeDesc.of(CD_void, Names.LONGS, CD_long, CD_long);

  private final Frame frame;
  private final ChunkEmitter chunks;
  private final PointEmitter points;

  KernelEmitter(Kernel kernel, Schedule.Loops schedule, ClassDesc self) {
    frame = new Frame(kernel, schedule, self);
    chunks = frame.chunked == null ? null : new ChunkEmitter(frame);
    points = frame.chunked == null ? new PointEmitter(frame) : null;
  }

  KernelImage emit() {
    byte[] bytes =
        ClassFile.of()
            .build(
                frame.self,
                c -> {
                  c.withVersion(ClassFile.JAVA_25_VERSION, 0);
                  c.withFlags(AccessFlag.PUBLIC, AccessFlag.FINAL, AccessFlag.SUPER);
                  c.withInterfaceSymbols(Names.KERNEL_CODE);
                  constructor(c);
                  run(c);
                  if (!frame.matches.isEmpty()) {
                    link(c);
                  }
                  if (chunks != null) {
                    chunks.emit(c);
                  } else {
                    points.emit(c);
                  }
                  frame.constants.emit(c);
                });
    String descriptor = frame.self.descriptorString();
    return new KernelImage(
        descriptor.substring(1, descriptor.length() - 1), bytes, frame.schedule, frame.launch());
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

  /** For every unit: which point it is, then what is to be done there. */
  private void run(ClassBuilder c) {
    Frame.method(
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
          if (!frame.matches.isEmpty()) {
            Label proper = b.newLabel();
            code.push(phase);
            b.ifne(proper);
            code.push(buffers);
            code.push(shared);
            code.push(scratchAt);
            b.invokestatic(frame.self, "link", LINK);
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
    Frame.method(
        c,
        "link",
        LINK,
        true,
        code -> {
          Evaluator values =
              new Evaluator(code, frame.kernel, frame.scratch, frame.constants, frame.width);
          Code.Var buffers = code.parameter("buffers", Names.LONGS);
          Code.Var shared = code.parameter("shared", CD_long);
          values.addresses.parameters(buffers, code.parameter("scratch", CD_long));
          frame.matches.forEach(
              (stage, _) ->
                  new ListLoops(values, frame.lists(stage, shared))
                      .link(frame.kernel.stages().get(stage)));
          code.b.return_();
          values.close();
        });
  }

  private void unit(
      Code code, Code.Var buffers, Code.Var shared, Code.Var scratchAt, Code.Var unit) {
    code.push(unit);
    Code.Var rest = code.saveLong("rest");
    Map<Axis, Code.Var> positions = new LinkedHashMap<>();
    List<Axis> slow = new ArrayList<>(frame.outer);
    frame
        .schedule
        .sweep()
        .ifPresent(
            axis -> {
              slow.remove(axis);
              boolean last = slow.isEmpty() && frame.chunks() == 1;
              positions.put(axis, digit(code, rest, axis.extent(), last, "i" + axis.number()));
            });
    Code.Var chunk =
        frame.chunked == null ? null : digit(code, rest, frame.chunks(), slow.isEmpty(), "chunk");
    for (int i = slow.size() - 1; i >= 0; i--) {
      Axis axis = slow.get(i);
      positions.put(axis, digit(code, rest, axis.extent(), i == 0, "i" + axis.number()));
    }
    Runnable point =
        () -> {
          code.push(buffers);
          code.push(shared);
          code.push(scratchAt);
          frame.outer.forEach(a -> code.push(positions.get(a)));
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
  private static Code.Var digit(Code code, Code.Var rest, int base, boolean only, String name) {
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
}
