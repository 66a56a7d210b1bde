package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Methods that a task's class has beside its kernel, if that calls them. TornadoVM inlines them.
 */
enum Helper {
  /** {@link dev.lgc.compiler.algorithm.Scalar.Uniform} of the key's words, stream and index. */
  UNIFORM(CD_float, c -> new RandomMethod(c).write(), Collections.nCopies(6, CD_int)),
  /** The number that bits stand for; only the lower 16 count. */
  FROM_BF16(CD_float, c -> new HalfFloats(c, HalfFloats.Format.BF16).widen(), List.of(CD_int)),
  FROM_F16(CD_float, c -> new HalfFloats(c, HalfFloats.Format.F16).widen(), List.of(CD_int)),
  /** The bits of the nearest number, in the lower 16 of an int. */
  TO_BF16(CD_int, c -> new HalfFloats(c, HalfFloats.Format.BF16).round(), List.of(CD_float)),
  TO_F16(CD_int, c -> new HalfFloats(c, HalfFloats.Format.F16).round(), List.of(CD_float));

  private final MethodTypeDesc type;
  private final Consumer<Code> body;

  Helper(ClassDesc result, Consumer<Code> body, List<ClassDesc> parameters) {
    this.type = MethodTypeDesc.of(result, parameters);
    this.body = body;
  }

  /** What reads elements of a type of 16 bits. */
  static Helper from(DType type) {
    return type == DType.BF16 ? FROM_BF16 : FROM_F16;
  }

  /** What rounds to a type of 16 bits. */
  static Helper to(DType type) {
    return type == DType.BF16 ? TO_BF16 : TO_F16;
  }

  /** Calls it, with its arguments on the stack. */
  void call(CodeBuilder b, ClassDesc self) {
    b.invokestatic(self, methodName(), type);
  }

  /** Adds it to its class. */
  void emit(ClassBuilder c, ClassDesc self) {
    c.withMethodBody(
        methodName(),
        type,
        ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
        b -> {
          Code code = new Code(b, self);
          body.accept(code);
          code.end();
        });
  }

  private String methodName() {
    return "lgc_" + name().toLowerCase(Locale.ROOT);
  }
}
