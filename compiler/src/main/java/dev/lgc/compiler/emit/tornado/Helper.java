package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Methods that a task's class has beside its kernel, if that calls them: their names and types.
 * {@link HelperMethods} writes them; TornadoVM inlines them.
 */
enum Helper {
  /** {@link dev.lgc.compiler.algorithm.Scalar.Uniform} of the key's words, stream and index. */
  UNIFORM(CD_float, Collections.nCopies(6, CD_int)),
  /** The number that bits stand for; only the lower 16 count. */
  FROM_BF16(CD_float, List.of(CD_int)),
  FROM_F16(CD_float, List.of(CD_int)),
  /** The bits of the nearest number, in the lower 16 of an int. */
  TO_BF16(CD_int, List.of(CD_float)),
  TO_F16(CD_int, List.of(CD_float));

  private final MethodTypeDesc type;

  Helper(ClassDesc result, List<ClassDesc> parameters) {
    this.type = MethodTypeDesc.of(result, parameters);
  }

  /** The method that reads elements of a type of 16 bits. */
  static Helper from(DType type) {
    return type == DType.BF16 ? FROM_BF16 : FROM_F16;
  }

  /** The method that rounds to a type of 16 bits. */
  static Helper to(DType type) {
    return type == DType.BF16 ? TO_BF16 : TO_F16;
  }

  MethodTypeDesc type() {
    return type;
  }

  String methodName() {
    return "lgc_" + name().toLowerCase(Locale.ROOT);
  }

  /** Calls it, with its arguments on the stack. */
  void call(CodeBuilder b, ClassDesc self) {
    b.invokestatic(self, methodName(), type);
  }
}
