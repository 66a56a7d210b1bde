package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.type.DType;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;

/** TornadoVM's types, by name. */
final class TornadoTypes {
  private static final String API = "uk.ac.manchester.tornado.api";

  static final ClassDesc CONTEXT = ClassDesc.of(API, "KernelContext");
  static final ClassDesc MATH = ClassDesc.of(API + ".math", "TornadoMath");
  static final ClassDesc INTEGER = ClassDesc.of("java.lang.Integer");
  static final ClassDesc FLOATS = ConstantDescs.CD_float.arrayType();
  static final ClassDesc INTS = ConstantDescs.CD_int.arrayType();

  private TornadoTypes() {}

  /** The interface of a task of so many arguments. */
  static ClassDesc task(int arguments) {
    return ClassDesc.of(API + ".common", "TornadoFunctions").nested("Task" + arguments);
  }

  /** The device array of a type. */
  static ClassDesc array(DType type) {
    return ClassDesc.of(
        API + ".types.arrays",
        switch (type) {
          case F32 -> "FloatArray";
          case I32 -> "IntArray";
          case BF16, F16 -> "ShortArray";
          case I8, BOOL -> "ByteArray";
          case F64 -> throw new IllegalArgumentException(type.keyword());
        });
  }

  /**
   * The type of an element while it is computed with: BOOL is an int, 0 or 1; BF16 and F16 are
   * floats that those types have.
   */
  static ClassDesc element(DType type) {
    return switch (type) {
      case F32, BF16, F16 -> ConstantDescs.CD_float;
      case I32, I8, BOOL -> ConstantDescs.CD_int;
      case F64 -> throw new IllegalArgumentException(type.keyword());
    };
  }
}
