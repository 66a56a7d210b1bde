package dev.lgc.compiler.emit.jvm;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;

/**
 * The form of a value while a kernel runs: one element, or one for every lane.
 *
 * <p>BF16 and F16 elements are held as {@code float}, I8 as {@code int}, BOOL as {@code int} 0 or
 * 1; lanes of F32 and I32 as {@code FloatVector} and {@code IntVector}, those loaded from BF16 and
 * I8 likewise, of BOOL as a {@code VectorMask<Integer>}.
 */
record Form(DType dtype, boolean vector) {
  static final Form INDEX = new Form(DType.I32, false);

  static Form scalar(DType dtype) {
    return new Form(dtype, false);
  }

  static Form lanes(DType dtype) {
    return new Form(dtype, true);
  }

  /** The JVM type of such a value. */
  ClassDesc type() {
    return switch (dtype) {
      case F32, BF16, F16 ->
          vector ? JvmTypes.FLOAT_VECTOR : java.lang.constant.ConstantDescs.CD_float;
      case I32, I8 -> vector ? JvmTypes.INT_VECTOR : java.lang.constant.ConstantDescs.CD_int;
      case BOOL -> vector ? JvmTypes.MASK : java.lang.constant.ConstantDescs.CD_int;
      case F64 -> {
        if (vector) {
          throw new IllegalStateException("no lanes of F64");
        }
        yield java.lang.constant.ConstantDescs.CD_double;
      }
    };
  }

  TypeKind kind() {
    return TypeKind.from(type());
  }
}
