package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Vectors that are known when a kernel is emitted, as static final fields of its class: made once,
 * and constants to the JIT.
 */
final class VectorConstants {
  private final ClassDesc self;
  private final int width;
  private final Map<Constant, String> fields = new LinkedHashMap<>();

  /**
   * @param of the vector that it is for
   */
  private record Constant(ClassDesc type, ClassDesc of, List<Integer> lanes) {}

  VectorConstants(ClassDesc self, int width) {
    this.self = self;
    this.width = width;
  }

  /** Pushes the integers. */
  void push(CodeBuilder b, List<Integer> lanes) {
    push(b, new Constant(JvmTypes.INT_VECTOR, JvmTypes.INT_VECTOR, lanes));
  }

  /**
   * The vector on the stack in another order.
   *
   * @param from by lane, the lane whose element it gets
   */
  void rearrange(CodeBuilder b, ClassDesc vector, List<Integer> from) {
    push(b, new Constant(JvmTypes.SHUFFLE, vector, from));
    b.invokevirtual(vector, "rearrange", MethodTypeDesc.of(vector, JvmTypes.SHUFFLE));
  }

  private void push(CodeBuilder b, Constant c) {
    String name = fields.computeIfAbsent(c, _ -> "C" + fields.size());
    b.getstatic(self, name, c.type);
  }

  /** The fields and what sets them, once all methods are written. */
  void emit(ClassBuilder c) {
    if (fields.isEmpty()) {
      return;
    }
    int flags = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_FINAL;
    fields.forEach((constant, name) -> c.withField(name, constant.type, flags));
    c.withMethodBody(
        ConstantDescs.CLASS_INIT_NAME,
        ConstantDescs.MTD_void,
        ClassFile.ACC_STATIC,
        b -> {
          fields.forEach((constant, name) -> set(b, constant, name));
          b.return_();
        });
  }

  private void set(CodeBuilder b, Constant c, String name) {
    JvmTypes.species(b, c.of, width);
    b.loadConstant(c.lanes.size());
    b.newarray(TypeKind.INT);
    for (int i = 0; i < c.lanes.size(); i++) {
      b.dup();
      b.loadConstant(i);
      b.loadConstant(c.lanes.get(i));
      b.iastore();
    }
    b.iconst_0();
    b.invokestatic(
        c.type,
        "fromArray",
        MethodTypeDesc.of(c.type, JvmTypes.SPECIES, CD_int.arrayType(), CD_int));
    b.putstatic(self, name, c.type);
  }
}
