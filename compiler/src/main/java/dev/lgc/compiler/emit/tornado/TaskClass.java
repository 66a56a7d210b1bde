package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The class of one task: the kernel, a static method of the kernel context and whole arrays, and
 * {@code apply}, which casts its arguments and calls it. That call is where TornadoVM finds the
 * kernel; it reads one byte of the number of its reference, so {@code apply} comes early.
 */
final class TaskClass {
  static final String PACKAGE = "dev.lgc.emitted";

  private TaskClass() {}

  /** The writer of a kernel's method, given its code, the kernel context and the arrays. */
  interface Body {
    void emit(DeviceCode code, DeviceCode.Var context, List<DeviceCode.Var> arrays);
  }

  /**
   * The class.
   *
   * @param name of the method and, with the package, of the class
   * @param arrays the types of those it takes
   * @param body writes what the kernel does; it must fall through at the end
   */
  static byte[] write(String name, List<DType> arrays, Body body) {
    List<ClassDesc> types = new ArrayList<>(List.of(TornadoTypes.CONTEXT));
    arrays.forEach(t -> types.add(TornadoTypes.array(t)));
    MethodTypeDesc type = MethodTypeDesc.of(CD_void, types);
    ClassDesc self = self(name);
    return ClassFile.of()
        .build(
            self,
            c -> {
              c.withVersion(ClassFile.JAVA_21_VERSION, 0);
              c.withFlags(AccessFlag.PUBLIC, AccessFlag.FINAL, AccessFlag.SUPER);
              c.withInterfaceSymbols(TornadoTypes.task(types.size()));
              constructor(c);
              apply(c, self, name, type);
              kernel(c, self, name, type, body).forEach(h -> HelperMethods.emit(h, c, self));
            });
  }

  private static ClassDesc self(String name) {
    return ClassDesc.of(PACKAGE, name);
  }

  private static void constructor(ClassBuilder c) {
    c.withMethodBody(
        INIT_NAME,
        MTD_void,
        ClassFile.ACC_PUBLIC,
        b -> b.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void).return_());
  }

  private static void apply(ClassBuilder c, ClassDesc self, String name, MethodTypeDesc type) {
    List<ClassDesc> objects = Collections.nCopies(type.parameterCount(), CD_Object);
    c.withMethodBody(
        "apply",
        MethodTypeDesc.of(CD_void, objects),
        ClassFile.ACC_PUBLIC,
        b -> {
          for (int i = 0; i < type.parameterCount(); i++) {
            b.aload(i + 1).checkcast(type.parameterType(i));
          }
          b.invokestatic(self, name, type).return_();
        });
  }

  /** Writes the kernel; what it calls beside TornadoVM is for the class to have. */
  private static Set<Helper> kernel(
      ClassBuilder c, ClassDesc self, String name, MethodTypeDesc type, Body body) {
    Set<Helper> called = EnumSet.noneOf(Helper.class);
    c.withMethodBody(
        name,
        type,
        ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
        b -> {
          DeviceCode code = new DeviceCode(b, self);
          DeviceCode.Var context = code.parameter("context", type.parameterType(0));
          List<DeviceCode.Var> arrays = new ArrayList<>();
          for (int i = 1; i < type.parameterCount(); i++) {
            arrays.add(code.parameter("a" + i, type.parameterType(i)));
          }
          body.emit(code, context, arrays);
          b.return_();
          code.end();
          called.addAll(code.called());
        });
    return called;
  }
}
