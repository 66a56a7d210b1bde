package dev.lgc.compiler.emit.jvm.contraction;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

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
    return c.getstatic(FLOATS, shape(), SPECIES);
  }

  private String shape() {
    return switch (lanes) {
      case 4 -> "SPECIES_128";
      case 8 -> "SPECIES_256";
      case 16 -> "SPECIES_512";
      default -> throw new IllegalArgumentException(lanes + " lanes");
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
    floats();
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
