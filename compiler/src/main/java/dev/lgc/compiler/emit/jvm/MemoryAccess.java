package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_byte;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_short;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

/** Reads and writes of elements and vectors at an address. */
final class MemoryAccess {
  private final MethodCode code;
  private final CodeBuilder b;

  MemoryAccess(MethodCode code) {
    this.code = code;
    this.b = code.b;
  }

  /** The layout of an element type in memory. */
  private record Layout(String constant, ClassDesc layout, ClassDesc carrier) {}

  private static Layout layout(DType t) {
    return switch (t) {
      case F32 -> new Layout("JAVA_FLOAT_UNALIGNED", JvmTypes.LAYOUT.nested("OfFloat"), CD_float);
      case F64 ->
          new Layout(
              "JAVA_DOUBLE_UNALIGNED", JvmTypes.LAYOUT.nested("OfDouble"), ConstantDescs.CD_double);
      case I32 -> new Layout("JAVA_INT_UNALIGNED", JvmTypes.LAYOUT.nested("OfInt"), CD_int);
      case BF16, F16 ->
          new Layout("JAVA_SHORT_UNALIGNED", JvmTypes.LAYOUT.nested("OfShort"), CD_short);
      case I8, BOOL -> new Layout("JAVA_BYTE", JvmTypes.LAYOUT.nested("OfByte"), CD_byte);
    };
  }

  /** Pushes the element at an address. */
  void load(DType t, Runnable address) {
    Layout l = layout(t);
    b.getstatic(JvmTypes.SUPPORT, "MEMORY", JvmTypes.SEGMENT);
    b.getstatic(JvmTypes.LAYOUT, l.constant, l.layout);
    address.run();
    b.invokeinterface(JvmTypes.SEGMENT, "get", MethodTypeDesc.of(l.carrier, l.layout, CD_long));
    if (t == DType.BF16) {
      b.invokestatic(JvmTypes.ROUNDING, "fromBf16Bits", MethodTypeDesc.of(CD_float, CD_short));
    } else if (t == DType.F16) {
      b.invokestatic(
          ClassDesc.of("java.lang.Float"), "float16ToFloat", MethodTypeDesc.of(CD_float, CD_short));
    }
  }

  /** Writes an element. */
  void store(DType t, Runnable address, Runnable value) {
    Layout l = layout(t);
    b.getstatic(JvmTypes.SUPPORT, "MEMORY", JvmTypes.SEGMENT);
    b.getstatic(JvmTypes.LAYOUT, l.constant, l.layout);
    address.run();
    value.run();
    if (t == DType.BF16) {
      b.invokestatic(JvmTypes.ROUNDING, "toBf16Bits", MethodTypeDesc.of(CD_short, CD_float));
    } else if (t == DType.F16) {
      b.invokestatic(
          ClassDesc.of("java.lang.Float"), "floatToFloat16", MethodTypeDesc.of(CD_short, CD_float));
    } else if (t == DType.I8 || t == DType.BOOL) {
      b.i2b();
    }
    b.invokeinterface(
        JvmTypes.SEGMENT, "set", MethodTypeDesc.of(CD_void, l.layout, CD_long, l.carrier));
  }

  /** Pushes the 64 bits at an address. */
  void loadLong(Runnable address) {
    ClassDesc layout = JvmTypes.LAYOUT.nested("OfLong");
    b.getstatic(JvmTypes.SUPPORT, "MEMORY", JvmTypes.SEGMENT);
    b.getstatic(JvmTypes.LAYOUT, "JAVA_LONG_UNALIGNED", layout);
    address.run();
    b.invokeinterface(JvmTypes.SEGMENT, "get", MethodTypeDesc.of(CD_long, layout, CD_long));
  }

  /** Writes 64 bits. */
  void storeLong(Runnable address, Runnable value) {
    ClassDesc layout = JvmTypes.LAYOUT.nested("OfLong");
    b.getstatic(JvmTypes.SUPPORT, "MEMORY", JvmTypes.SEGMENT);
    b.getstatic(JvmTypes.LAYOUT, "JAVA_LONG_UNALIGNED", layout);
    address.run();
    value.run();
    b.invokeinterface(
        JvmTypes.SEGMENT, "set", MethodTypeDesc.of(CD_void, layout, CD_long, CD_long));
  }

  /**
   * Pushes the vector (or mask) at an address; lanes outside of {@code mask} are 0 and untouched.
   * BF16 and I8 become lanes of 32 bits.
   */
  void loadLanes(DType t, int width, Runnable address, MethodCode.Var mask) {
    ClassDesc v = inMemory(t);
    JvmTypes.species(b, v, width);
    b.getstatic(JvmTypes.SUPPORT, "MEMORY", JvmTypes.SEGMENT);
    address.run();
    b.getstatic(JvmTypes.SUPPORT, "ORDER", JvmTypes.BYTE_ORDER);
    List<ClassDesc> types =
        new ArrayList<>(List.of(JvmTypes.SPECIES, JvmTypes.SEGMENT, CD_long, JvmTypes.BYTE_ORDER));
    pushMask(v, width, mask, types);
    b.invokestatic(v, "fromMemorySegment", MethodTypeDesc.of(v, types));
    if (t == DType.BOOL) {
      b.getstatic(JvmTypes.OPERATORS, "NE", JvmTypes.COMPARISON);
      b.iconst_0();
      b.invokevirtual(v, "compare", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.COMPARISON, CD_byte));
      JvmTypes.species(b, JvmTypes.INT_VECTOR, width);
      b.invokevirtual(JvmTypes.MASK, "cast", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.SPECIES));
    } else if (t == DType.I8) {
      widen(v, "B2I", width);
    } else if (t == DType.BF16) {
      widen(v, "ZERO_EXTEND_S2I", width);
      b.getstatic(JvmTypes.OPERATORS, "LSHL", JvmTypes.BINARY);
      b.loadConstant(16);
      b.invokevirtual(
          JvmTypes.INT_VECTOR,
          "lanewise",
          MethodTypeDesc.of(JvmTypes.INT_VECTOR, JvmTypes.BINARY, ConstantDescs.CD_int));
      b.invokevirtual(
          JvmTypes.INT_VECTOR, "reinterpretAsFloats", MethodTypeDesc.of(JvmTypes.FLOAT_VECTOR));
    }
  }

  /** Converts the vector on the stack to one of as many ints. */
  private void widen(ClassDesc from, String conversion, int width) {
    b.getstatic(JvmTypes.OPERATORS, conversion, JvmTypes.CONVERSION);
    JvmTypes.species(b, JvmTypes.INT_VECTOR, width);
    b.iconst_0();
    b.invokevirtual(
        from,
        "convertShape",
        MethodTypeDesc.of(
            JvmTypes.VECTOR, JvmTypes.CONVERSION, JvmTypes.SPECIES, ConstantDescs.CD_int));
    b.checkcast(JvmTypes.INT_VECTOR);
  }

  /** Writes a vector (or mask); lanes outside of {@code mask} are left alone. */
  void storeLanes(DType t, int width, Runnable address, Runnable value, MethodCode.Var mask) {
    ClassDesc v = inMemory(t);
    if (t == DType.BOOL) {
      JvmTypes.species(b, v, width);
      b.invokestatic(v, "zero", MethodTypeDesc.of(v, JvmTypes.SPECIES));
      b.iconst_1();
      value.run();
      JvmTypes.species(b, v, width);
      b.invokevirtual(JvmTypes.MASK, "cast", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.SPECIES));
      b.invokevirtual(v, "blend", MethodTypeDesc.of(v, CD_byte, JvmTypes.MASK));
    } else if (t == DType.BF16) {
      value.run();
      narrow(width);
    } else {
      value.run();
    }
    b.getstatic(JvmTypes.SUPPORT, "MEMORY", JvmTypes.SEGMENT);
    address.run();
    b.getstatic(JvmTypes.SUPPORT, "ORDER", JvmTypes.BYTE_ORDER);
    List<ClassDesc> types =
        new ArrayList<>(List.of(JvmTypes.SEGMENT, CD_long, JvmTypes.BYTE_ORDER));
    pushMask(v, width, mask, types);
    b.invokevirtual(v, "intoMemorySegment", MethodTypeDesc.of(CD_void, types));
  }

  /**
   * Converts the vector of floats on the stack, which are rounded to BF16, to their upper halves.
   */
  private void narrow(int width) {
    b.invokevirtual(
        JvmTypes.FLOAT_VECTOR, "reinterpretAsInts", MethodTypeDesc.of(JvmTypes.INT_VECTOR));
    b.getstatic(JvmTypes.OPERATORS, "LSHR", JvmTypes.BINARY);
    b.loadConstant(16);
    b.invokevirtual(
        JvmTypes.INT_VECTOR,
        "lanewise",
        MethodTypeDesc.of(JvmTypes.INT_VECTOR, JvmTypes.BINARY, ConstantDescs.CD_int));
    b.getstatic(JvmTypes.OPERATORS, "I2S", JvmTypes.CONVERSION);
    JvmTypes.species(b, JvmTypes.SHORT_VECTOR, width);
    b.iconst_0();
    b.invokevirtual(
        JvmTypes.INT_VECTOR,
        "convertShape",
        MethodTypeDesc.of(
            JvmTypes.VECTOR, JvmTypes.CONVERSION, JvmTypes.SPECIES, ConstantDescs.CD_int));
    b.checkcast(JvmTypes.SHORT_VECTOR);
  }

  private void pushMask(ClassDesc v, int width, MethodCode.Var mask, List<ClassDesc> types) {
    if (mask == null) {
      return;
    }
    code.push(mask);
    if (!v.equals(JvmTypes.INT_VECTOR)) {
      JvmTypes.species(b, v, width);
      b.invokevirtual(JvmTypes.MASK, "cast", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.SPECIES));
    }
    types.add(JvmTypes.MASK);
  }

  private static ClassDesc inMemory(DType t) {
    return switch (t) {
      case BOOL, I8 -> JvmTypes.BYTE_VECTOR;
      case BF16 -> JvmTypes.SHORT_VECTOR;
      case F32, I32, F64, F16 -> JvmTypes.vector(t);
    };
  }
}
