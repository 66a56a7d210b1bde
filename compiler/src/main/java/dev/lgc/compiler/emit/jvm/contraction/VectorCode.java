package dev.lgc.compiler.emit.jvm.contraction;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Instructions that the emitters of this package share: calls of the Vector API, written out where
 * they are needed. A method between them and the API would not always be inlined, and then every
 * vector is an object.
 */
final class VectorCode {
  static final ClassDesc FLOATS = ClassDesc.of("jdk.incubator.vector.FloatVector");
  static final ClassDesc MASK = ClassDesc.of("jdk.incubator.vector.VectorMask");
  static final ClassDesc SHUFFLE = ClassDesc.of("jdk.incubator.vector.VectorShuffle");
  static final ClassDesc SPECIES = ClassDesc.of("jdk.incubator.vector.VectorSpecies");
  static final ClassDesc VECTOR = ClassDesc.of("jdk.incubator.vector.Vector");

  private static final ClassDesc INTS = ClassDesc.of("jdk.incubator.vector.IntVector");
  private static final ClassDesc SHORTS = ClassDesc.of("jdk.incubator.vector.ShortVector");
  private static final ClassDesc BYTES = ClassDesc.of("jdk.incubator.vector.ByteVector");
  private static final ClassDesc OPERATORS = ClassDesc.of("jdk.incubator.vector.VectorOperators");
  private static final ClassDesc CONVERSION = OPERATORS.nested("Conversion");
  private static final ClassDesc BINARY = OPERATORS.nested("Binary");

  private static final ClassDesc MEMORY = here("Memory");
  private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
  private static final ClassDesc LAYOUTS = ClassDesc.of("java.lang.foreign.ValueLayout");
  private static final ClassDesc ORDER = ClassDesc.of("java.nio.ByteOrder");

  private final CodeBuilder c;
  private final int lanes;

  VectorCode(CodeBuilder c, int lanes) {
    this.c = c;
    this.lanes = lanes;
  }

  static ClassDesc here(String name) {
    return ClassDesc.of(VectorCode.class.getPackageName(), name);
  }

  /** Pushes the species of F32 vectors. */
  CodeBuilder floats() {
    return species(FLOATS, Float.SIZE);
  }

  /** Pushes the species of as many elements of so many bits. */
  private CodeBuilder species(ClassDesc vector, int bits) {
    return c.getstatic(vector, "SPECIES_" + bits * lanes, SPECIES);
  }

  private CodeBuilder species(DType type) {
    return species(vector(type), 8 * type.bytes());
  }

  private static ClassDesc vector(DType type) {
    return switch (type) {
      case F32 -> FLOATS;
      case BF16 -> SHORTS;
      case I8 -> BYTES;
      case F64, F16, I32, BOOL -> throw new IllegalArgumentException(type.keyword());
    };
  }

  void zero() {
    floats().invokestatic(FLOATS, "zero", MethodTypeDesc.of(FLOATS, SPECIES));
  }

  /** Pushes the vector at an address. */
  void load(Runnable address) {
    floats();
    at(address);
    c.invokestatic(
        FLOATS, "fromMemorySegment", MethodTypeDesc.of(FLOATS, SPECIES, SEGMENT, CD_long, ORDER));
  }

  void load(Runnable address, Runnable mask) {
    floats();
    at(address);
    mask.run();
    c.invokestatic(
        FLOATS,
        "fromMemorySegment",
        MethodTypeDesc.of(FLOATS, SPECIES, SEGMENT, CD_long, ORDER, MASK));
  }

  /**
   * Pushes the vector of floats that the elements at an address are.
   *
   * @param type F32, BF16 or I8
   * @param mask pushes a mask for vectors of that type; null for all lanes
   */
  void loadWidened(DType type, Runnable address, Runnable mask) {
    ClassDesc from = vector(type);
    species(type);
    at(address);
    if (mask == null) {
      c.invokestatic(
          from, "fromMemorySegment", MethodTypeDesc.of(from, SPECIES, SEGMENT, CD_long, ORDER));
    } else {
      mask.run();
      c.invokestatic(
          from,
          "fromMemorySegment",
          MethodTypeDesc.of(from, SPECIES, SEGMENT, CD_long, ORDER, MASK));
    }
    if (type == DType.I8) {
      convert(from, "B2F", FLOATS, Float.SIZE);
    } else if (type == DType.BF16) {
      convert(from, "ZERO_EXTEND_S2I", INTS, Integer.SIZE);
      c.getstatic(OPERATORS, "LSHL", BINARY).loadConstant(16);
      c.invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, BINARY, CD_int));
      c.invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
    }
  }

  private void convert(ClassDesc from, String conversion, ClassDesc to, int bits) {
    c.getstatic(OPERATORS, conversion, CONVERSION);
    species(to, bits).iconst_0();
    c.invokevirtual(from, "convertShape", MethodTypeDesc.of(VECTOR, CONVERSION, SPECIES, CD_int));
    c.checkcast(to);
  }

  /** Pushes the float at an address in every lane. */
  void splat(Runnable address) {
    ClassDesc layout = LAYOUTS.nested("OfFloat");
    floats().getstatic(MEMORY, "ALL", SEGMENT).getstatic(MEMORY, "FLOAT", layout);
    address.run();
    c.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_float, layout, CD_long));
    c.invokestatic(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, SPECIES, CD_float));
  }

  /** Pushes the int at an address. */
  void loadInt(Runnable address) {
    ClassDesc layout = LAYOUTS.nested("OfInt");
    c.getstatic(MEMORY, "ALL", SEGMENT).getstatic(MEMORY, "INT", layout);
    address.run();
    c.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_int, layout, CD_long));
  }

  /** Pushes the long at an address. */
  void loadLong(Runnable address) {
    ClassDesc layout = LAYOUTS.nested("OfLong");
    c.getstatic(MEMORY, "ALL", SEGMENT).getstatic(MEMORY, "LONG", layout);
    address.run();
    c.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_long, layout, CD_long));
  }

  /** Pops a vector and stores it. */
  void store(Runnable address) {
    at(address);
    c.invokevirtual(
        FLOATS, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER));
  }

  void store(Runnable address, Runnable mask) {
    at(address);
    mask.run();
    c.invokevirtual(
        FLOATS, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER, MASK));
  }

  private void at(Runnable address) {
    c.getstatic(MEMORY, "ALL", SEGMENT);
    address.run();
    c.getstatic(MEMORY, "ORDER", ORDER);
  }

  /**
   * Pops the limit and the offset below it, and pushes the mask of lanes whose number plus the
   * offset is below the limit.
   */
  void inRange(Runnable offset, Runnable limit) {
    inRange(DType.F32, offset, limit);
  }

  /** The same for vectors of another type of as many lanes. */
  void inRange(DType type, Runnable offset, Runnable limit) {
    species(type);
    offset.run();
    limit.run();
    c.invokeinterface(SPECIES, "indexInRange", MethodTypeDesc.of(MASK, CD_int, CD_int));
  }

  /** a · b + c of three vectors. */
  void fma() {
    c.invokevirtual(FLOATS, "fma", MethodTypeDesc.of(FLOATS, VECTOR, VECTOR));
  }

  void add() {
    c.invokevirtual(FLOATS, "add", MethodTypeDesc.of(FLOATS, VECTOR));
  }

  void rearrange() {
    c.invokevirtual(FLOATS, "rearrange", MethodTypeDesc.of(FLOATS, SHUFFLE));
  }

  /** Vector, other vector, mask: the other's lanes where the mask is set. */
  void blend() {
    c.invokevirtual(FLOATS, "blend", MethodTypeDesc.of(FLOATS, VECTOR, MASK));
  }

  /** The constructor every emitted class has. */
  static void constructor(ClassBuilder cb) {
    cb.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
    cb.withMethodBody(
        ConstantDescs.INIT_NAME,
        ConstantDescs.MTD_void,
        ClassFile.ACC_PUBLIC,
        c ->
            c.aload(0)
                .invokespecial(
                    ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                .return_());
  }

  /** An instance of an emitted class, which is hidden. */
  static <T> T instance(byte[] classFile, Class<T> type) {
    try {
      MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(classFile, true);
      return type.cast(
          hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class)).invoke());
    } catch (Throwable e) {
      throw new IllegalStateException("cannot load emitted " + type.getSimpleName(), e);
    }
  }

  /** Type of a method that gives nothing. */
  static MethodTypeDesc method(ClassDesc... parameters) {
    return MethodTypeDesc.of(CD_void, parameters);
  }
}
