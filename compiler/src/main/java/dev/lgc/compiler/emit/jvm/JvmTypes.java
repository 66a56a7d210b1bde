package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.algorithm.Philox;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/** Types that emitted code mentions. */
final class JvmTypes {
  static final ClassDesc FLOAT_VECTOR = vector("FloatVector");
  static final ClassDesc INT_VECTOR = vector("IntVector");
  static final ClassDesc BYTE_VECTOR = vector("ByteVector");
  static final ClassDesc SHORT_VECTOR = vector("ShortVector");
  static final ClassDesc VECTOR = vector("Vector");
  static final ClassDesc MASK = vector("VectorMask");
  static final ClassDesc SPECIES = vector("VectorSpecies");
  static final ClassDesc SHUFFLE = vector("VectorShuffle");
  static final ClassDesc OPERATORS = vector("VectorOperators");
  static final ClassDesc UNARY = OPERATORS.nested("Unary");
  static final ClassDesc BINARY = OPERATORS.nested("Binary");
  static final ClassDesc COMPARISON = OPERATORS.nested("Comparison");
  static final ClassDesc CONVERSION = OPERATORS.nested("Conversion");
  static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
  static final ClassDesc BYTE_ORDER = ClassDesc.of("java.nio.ByteOrder");
  static final ClassDesc LAYOUT = ClassDesc.of("java.lang.foreign.ValueLayout");
  static final ClassDesc MATH = ClassDesc.of("java.lang.Math");
  static final ClassDesc PHILOX = Philox.class.describeConstable().orElseThrow();
  static final ClassDesc UNIFORMS = Uniforms.class.describeConstable().orElseThrow();
  static final ClassDesc SUPPORT = KernelSupport.class.describeConstable().orElseThrow();
  static final ClassDesc ROUNDING = Rounding.class.describeConstable().orElseThrow();
  static final ClassDesc KERNEL_CODE = KernelCode.class.describeConstable().orElseThrow();
  static final ClassDesc LONGS = CD_long.arrayType();

  /** {@link KernelCode#run}. */
  static final MethodTypeDesc RUN =
      MethodTypeDesc.of(CD_void, CD_int, LONGS, CD_long, CD_long, CD_long, CD_long);

  private JvmTypes() {}

  /** The vectors of an element type that is held in lanes of 32 bits. */
  static ClassDesc vector(DType t) {
    return switch (t) {
      case F32, BF16 -> FLOAT_VECTOR;
      case I32, I8 -> INT_VECTOR;
      case BOOL, F64, F16 -> throw new IllegalArgumentException("no vectors of " + t);
    };
  }

  /** Pushes the species of vectors with a lane for each of {@code width} lanes of 32 bits. */
  static void species(CodeBuilder b, ClassDesc vector, int width) {
    int element = vector.equals(BYTE_VECTOR) ? 8 : vector.equals(SHORT_VECTOR) ? 16 : 32;
    b.getstatic(vector, "SPECIES_" + width * element, SPECIES);
  }

  private static ClassDesc vector(String name) {
    return ClassDesc.of("jdk.incubator.vector", name);
  }
}
