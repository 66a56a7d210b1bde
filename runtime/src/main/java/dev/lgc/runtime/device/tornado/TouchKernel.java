package dev.lgc.runtime.device.tornado;

import static java.lang.constant.ConstantDescs.CD_Integer;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_byte;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A kernel that changes nothing: the task that a graph needs which only moves arrays to the device.
 * TornadoVM moves an array there if a task reads and writes it, and merely allocates one that the
 * first task only writes.
 */
final class TouchKernel {
  private static final String API = "uk.ac.manchester.tornado.api.";
  private static final ClassDesc CONTEXT = ClassDesc.of(API + "KernelContext");

  private TouchKernel() {}

  /** An array it touches. */
  record Touched(DType type, boolean allocateOnly) {
    private ClassDesc array() {
      return ClassDesc.of(API + "types.arrays." + name());
    }

    private String name() {
      return switch (type) {
        case F32 -> "FloatArray";
        case I32 -> "IntArray";
        case BOOL -> "ByteArray";
        case F64, BF16, F16, I8 -> throw new IllegalArgumentException(type.keyword());
      };
    }

    private ClassDesc element() {
      return switch (type) {
        case F32 -> CD_float;
        case I32 -> CD_int;
        case BOOL -> CD_byte;
        case F64, BF16, F16, I8 -> throw new IllegalArgumentException(type.keyword());
      };
    }

    private String key() {
      return type.keyword() + (allocateOnly ? "w" : "");
    }
  }

  /** The name of the class for some arrays. */
  static String className(List<Touched> arrays) {
    return arrays.stream()
        .map(Touched::key)
        .collect(Collectors.joining("_", "dev.lgc.emitted.Touch_", ""));
  }

  /** The class. */
  static byte[] classFile(List<Touched> arrays) {
    ClassDesc self = ClassDesc.of(className(arrays));
    int arguments = arrays.size() + 1;
    List<ClassDesc> parameters = new ArrayList<>(List.of(CONTEXT));
    arrays.forEach(a -> parameters.add(a.array()));
    MethodTypeDesc kernel = MethodTypeDesc.of(CD_void, parameters);
    MethodTypeDesc apply = MethodTypeDesc.of(CD_void, Collections.nCopies(arguments, CD_Object));
    return ClassFile.of()
        .build(
            self,
            c ->
                c.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                    .withInterfaceSymbols(
                        ClassDesc.of(API + "common.TornadoFunctions$Task" + arguments))
                    // First, so that its reference has a small number: TornadoVM reads one byte of
                    // it.
                    .withMethodBody(
                        "apply",
                        apply,
                        ClassFile.ACC_PUBLIC,
                        b -> {
                          for (int i = 0; i < arguments; i++) {
                            b.aload(i + 1).checkcast(parameters.get(i));
                          }
                          b.invokestatic(self, "lgc_touch", kernel).return_();
                        })
                    .withMethodBody(
                        INIT_NAME,
                        MTD_void,
                        ClassFile.ACC_PUBLIC,
                        b -> b.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void).return_())
                    .withMethodBody(
                        "lgc_touch",
                        kernel,
                        ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
                        b -> body(b, arrays, parameters)));
  }

  /** The first thread stores the first element of each array where it was. */
  private static void body(CodeBuilder b, List<Touched> arrays, List<ClassDesc> parameters) {
    int thread = parameters.size();
    for (int i = 0; i < parameters.size(); i++) {
      b.localVariable(i, "p" + i, parameters.get(i), b.startLabel(), b.endLabel());
    }
    Label end = b.newLabel();
    b.aload(0)
        .getfield(CONTEXT, "globalIdx", CD_Integer)
        .invokevirtual(CD_Integer, "intValue", MethodTypeDesc.of(CD_int))
        .istore(thread);
    b.localVariable(thread, "thread", CD_int, b.newBoundLabel(), b.endLabel());
    b.iload(thread).ifne(end);
    for (int i = 0; i < arrays.size(); i++) {
      Touched t = arrays.get(i);
      b.aload(i + 1).iconst_0();
      if (!t.allocateOnly) {
        b.aload(i + 1)
            .iconst_0()
            .invokevirtual(t.array(), "get", MethodTypeDesc.of(t.element(), CD_int));
      } else if (t.type == DType.F32) {
        b.fconst_0();
      } else {
        b.iconst_0();
      }
      b.invokevirtual(t.array(), "set", MethodTypeDesc.of(CD_void, CD_int, t.element()));
    }
    b.labelBinding(end).return_();
  }
}
