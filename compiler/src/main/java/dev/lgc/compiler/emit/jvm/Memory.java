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
final class Memory {
  private final Code code;
  private final CodeBuilder b;

  Memory(Code code) {
    this.code = code;
    this.b = code.b;
  }

  /** How an element type lies in memory. */
  private record Layout(String constant, ClassDesc layout, ClassDesc carrier) {}

  private static Layout layout(DType t) {
    return switch (t) {
      case F32 -> new Layout("JAVA_FLOAT_UNALIGNED", Names.LAYOUT.nested("OfFloat"), CD_float);
      case F64 ->
          new Layout(
              "JAVA_DOUBLE_UNALIGNED", Names.LAYOUT.nested("OfDouble"), ConstantDescs.CD_double);
      case I32 -> new Layout("JAVA_INT_UNALIGNED", Names.LAYOUT.nested("OfInt"), CD_int);
      case BF16, F16 ->
          new Layout("JAVA_SHORT_UNALIGNED", Names.LAYOUT.nested("OfShort"), CD_short);
      case I8, BOOL -> new Layout("JAVA_BYTE", Names.LAYOUT.nested("OfByte"), CD_byte);
    };
  }

  /** Pushes the element at an address. */
  void load(DType t, Runnable address) {
    Layout l = layout(t);
    b.getstatic(Names.SUPPORT, "MEMORY", Names.SEGMENT);
    b.getstatic(Names.LAYOUT, l.constant, l.layout);
    address.run();
    b.invokeinterface(Names.SEGMENT, "get", MethodTypeDesc.of(l.carrier, l.layout, CD_long));
    if (t == DType.BF16) {
      b.invokestatic(Names.ROUNDING, "fromBf16Bits", MethodTypeDesc.of(CD_float, CD_short));
    } else if (t == DType.F16) {
      b.invokestatic(
          ClassDesc.of("java.lang.Float"), "float16ToFloat", MethodTypeDesc.of(CD_float, CD_short));
    }
  }

  /** Writes an element. */
  void store(DType t, Runnable address, Runnable value) {
    Layout l = layout(t);
    b.getstatic(Names.SUPPORT, "MEMORY", Names.SEGMENT);
    b.getstatic(Names.LAYOUT, l.constant, l.layout);
    address.run();
    value.run();
    if (t == DType.BF16) {
      b.invokestatic(Names.ROUNDING, "toBf16Bits", MethodTypeDesc.of(CD_short, CD_float));
    } else if (t == DType.F16) {
      b.invokestatic(
          ClassDesc.of("java.lang.Float"), "floatToFloat16", MethodTypeDesc.of(CD_short, CD_float));
    } else if (t == DType.I8 || t == DType.BOOL) {
      b.i2b();
    }
    b.invokeinterface(
        Names.SEGMENT, "set", MethodTypeDesc.of(CD_void, l.layout, CD_long, l.carrier));
  }

  /** Pushes the 64 bits at an address. */
  void loadLong(Runnable address) {
    ClassDesc layout = Names.LAYOUT.nested("OfLong");
    b.getstatic(Names.SUPPORT, "MEMORY", Names.SEGMENT);
    b.getstatic(Names.LAYOUT, "JAVA_LONG_UNALIGNED", layout);
    address.run();
    b.invokeinterface(Names.SEGMENT, "get", MethodTypeDesc.of(CD_long, layout, CD_long));
  }

  /** Writes 64 bits. */
  void storeLong(Runnable address, Runnable value) {
    ClassDesc layout = Names.LAYOUT.nested("OfLong");
    b.getstatic(Names.SUPPORT, "MEMORY", Names.SEGMENT);
    b.getstatic(Names.LAYOUT, "JAVA_LONG_UNALIGNED", layout);
    address.run();
    value.run();
    b.invokeinterface(Names.SEGMENT, "set", MethodTypeDesc.of(CD_void, layout, CD_long, CD_long));
  }

  /**
   * Pushes the vector (or mask) at an address; lanes outside of {@code mask} are 0 and untouched.
   * BF16 and I8 become lanes of 32 bits.
   */
  void loadLanes(DType t, int width, Runnable address, Code.Var mask) {
    ClassDesc v = inMemory(t);
    VectorFunctions.species(b, v, width);
    b.getstatic(Names.SUPPORT, "MEMORY", Names.SEGMENT);
    address.run();
    b.getstatic(Names.SUPPORT, "ORDER", Names.BYTE_ORDER);
    List<ClassDesc> types =
        new ArrayList<>(List.of(Names.SPECIES, Names.SEGMENT, CD_long, Names.BYTE_ORDER));
    pushMask(v, width, mask, types);
    b.invokestatic(v, "fromMemorySegment", MethodTypeDesc.of(v, types));
    if (t == DType.BOOL) {
      b.getstatic(Names.OPERATORS, "NE", Names.COMPARISON);
      b.iconst_0();
      b.invokevirtual(v, "compare", MethodTypeDesc.of(Names.MASK, Names.COMPARISON, CD_byte));
      VectorFunctions.species(b, Names.INT_VECTOR, width);
      b.invokevirtual(Names.MASK, "cast", MethodTypeDesc.of(Names.MASK, Names.SPECIES));
    } else if (t == DType.I8) {
      widen(v, "B2I", width);
    } else if (t == DType.BF16) {
      widen(v, "ZERO_EXTEND_S2I", width);
      b.getstatic(Names.OPERATORS, "LSHL", Names.BINARY);
      b.loadConstant(16);
      b.invokevirtual(
          Names.INT_VECTOR,
          "lanewise",
          MethodTypeDesc.of(Names.INT_VECTOR, Names.BINARY, ConstantDescs.CD_int));
      b.invokevirtual(
          Names.INT_VECTOR, "reinterpretAsFloats", MethodTypeDesc.of(Names.FLOAT_VECTOR));
    }
  }

  /** Converts the vector on the stack to one of as many ints. */
  private void widen(ClassDesc from, String conversion, int width) {
    b.getstatic(Names.OPERATORS, conversion, Names.CONVERSION);
    VectorFunctions.species(b, Names.INT_VECTOR, width);
    b.iconst_0();
    b.invokevirtual(
        from,
        "convertShape",
        MethodTypeDesc.of(Names.VECTOR, Names.CONVERSION, Names.SPECIES, ConstantDescs.CD_int));
    b.checkcast(Names.INT_VECTOR);
  }

  /** Writes a vector (or mask); lanes outside of {@code mask} are left alone. */
  void storeLanes(DType t, int width, Runnable address, Runnable value, Code.Var mask) {
    ClassDesc v = inMemory(t);
    if (t == DType.BOOL) {
      VectorFunctions.species(b, v, width);
      b.invokestatic(v, "zero", MethodTypeDesc.of(v, Names.SPECIES));
      b.iconst_1();
      value.run();
      VectorFunctions.species(b, v, width);
      b.invokevirtual(Names.MASK, "cast", MethodTypeDesc.of(Names.MASK, Names.SPECIES));
      b.invokevirtual(v, "blend", MethodTypeDesc.of(v, CD_byte, Names.MASK));
    } else if (t == DType.BF16) {
      value.run();
      narrow(width);
    } else {
      value.run();
    }
    b.getstatic(Names.SUPPORT, "MEMORY", Names.SEGMENT);
    address.run();
    b.getstatic(Names.SUPPORT, "ORDER", Names.BYTE_ORDER);
    List<ClassDesc> types = new ArrayList<>(List.of(Names.SEGMENT, CD_long, Names.BYTE_ORDER));
    pushMask(v, width, mask, types);
    b.invokevirtual(v, "intoMemorySegment", MethodTypeDesc.of(CD_void, types));
  }

  /**
   * Converts the vector of floats on the stack, which are rounded to BF16, to their upper halves.
   */
  private void narrow(int width) {
    b.invokevirtual(Names.FLOAT_VECTOR, "reinterpretAsInts", MethodTypeDesc.of(Names.INT_VECTOR));
    b.getstatic(Names.OPERATORS, "LSHR", Names.BINARY);
    b.loadConstant(16);
    b.invokevirtual(
        Names.INT_VECTOR,
        "lanewise",
        MethodTypeDesc.of(Names.INT_VECTOR, Names.BINARY, ConstantDescs.CD_int));
    b.getstatic(Names.OPERATORS, "I2S", Names.CONVERSION);
    VectorFunctions.species(b, Names.SHORT_VECTOR, width);
    b.iconst_0();
    b.invokevirtual(
        Names.INT_VECTOR,
        "convertShape",
        MethodTypeDesc.of(Names.VECTOR, Names.CONVERSION, Names.SPECIES, ConstantDescs.CD_int));
    b.checkcast(Names.SHORT_VECTOR);
  }

  private void pushMask(ClassDesc v, int width, Code.Var mask, List<ClassDesc> types) {
    if (mask == null) {
      return;
    }
    code.push(mask);
    if (!v.equals(Names.INT_VECTOR)) {
      VectorFunctions.species(b, v, width);
      b.invokevirtual(Names.MASK, "cast", MethodTypeDesc.of(Names.MASK, Names.SPECIES));
    }
    types.add(Names.MASK);
  }

  private static ClassDesc inMemory(DType t) {
    return switch (t) {
      case BOOL, I8 -> Names.BYTE_VECTOR;
      case BF16 -> Names.SHORT_VECTOR;
      case F32, I32, F64, F16 -> VectorFunctions.vector(t);
    };
  }
}
