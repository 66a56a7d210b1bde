package dev.lgc.compiler.emit.jvm.contraction;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes {@link MicroKernel} classes. A class has one method for each number of rows up to the
 * tile's; in it every accumulator is a local variable, so that C2 keeps the whole tile in
 * registers:
 *
 * <pre>
 * while (a != end) {
 *   b0 = load(b); b1 = load(b + 64); ...
 *   x = broadcast(load(a));     c00 = fma(x, b0, c00); c01 = fma(x, b1, c01); ...
 *   x = broadcast(load(a + 4)); c10 = ...
 * }
 * </pre>
 */
final class MicroKernelEmitter {
  private static final ClassDesc SELF = here("EmittedMicroKernel");
  private static final ClassDesc INTERFACE = here("MicroKernel");
  private static final ClassDesc MEMORY = here("Memory");
  private static final ClassDesc VECTOR = ClassDesc.of("jdk.incubator.vector.FloatVector");
  private static final ClassDesc MASK = ClassDesc.of("jdk.incubator.vector.VectorMask");
  private static final ClassDesc SPECIES = ClassDesc.of("jdk.incubator.vector.VectorSpecies");
  private static final ClassDesc VECTOR_SUPER = ClassDesc.of("jdk.incubator.vector.Vector");

  private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
  private static final ClassDesc FLOAT_LAYOUT =
      ClassDesc.of("java.lang.foreign.ValueLayout").nested("OfFloat");
  private static final ClassDesc BYTE_ORDER = ClassDesc.of("java.nio.ByteOrder");
  private static final MethodTypeDesc LOAD =
      MethodTypeDesc.of(VECTOR, SPECIES, SEGMENT, CD_long, BYTE_ORDER);
  private static final MethodTypeDesc LOAD_MASKED =
      MethodTypeDesc.of(VECTOR, SPECIES, SEGMENT, CD_long, BYTE_ORDER, MASK);
  private static final MethodTypeDesc STORE_MASKED =
      MethodTypeDesc.of(CD_void, SEGMENT, CD_long, BYTE_ORDER, MASK);

  private static final MethodTypeDesc TILE_TYPE =
      MethodTypeDesc.of(
          CD_void, CD_long, CD_long, CD_long, CD_long, CD_long, CD_int, CD_int, CD_boolean);
  private static final ConcurrentHashMap<Tile, MicroKernel> MADE = new ConcurrentHashMap<>();

  private MicroKernelEmitter() {}

  /** The micro-kernel of a tile size, made once. */
  static MicroKernel of(Tile tile) {
    return MADE.computeIfAbsent(
        tile,
        t -> {
          try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(emit(t), true);
            return (MicroKernel)
                hidden
                    .findConstructor(
                        hidden.lookupClass(), java.lang.invoke.MethodType.methodType(void.class))
                    .invoke();
          } catch (Throwable e) {
            throw new IllegalStateException("micro-kernel " + t, e);
          }
        });
  }

  /** The class file of a tile size. */
  static byte[] emit(Tile tile) {
    return ClassFile.of()
        .build(
            SELF,
            cb -> {
              cb.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
              cb.withInterfaceSymbols(INTERFACE);
              cb.withMethodBody(
                  ConstantDescs.INIT_NAME,
                  ConstantDescs.MTD_void,
                  ClassFile.ACC_PUBLIC,
                  c ->
                      c.aload(0)
                          .invokespecial(
                              ConstantDescs.CD_Object,
                              ConstantDescs.INIT_NAME,
                              ConstantDescs.MTD_void)
                          .return_());
              cb.withMethodBody("tile", TILE_TYPE, ClassFile.ACC_PUBLIC, c -> body(c, tile));
            });
  }

  // Locals: this 0, parameters a 1, b 3, c 5, rowBytes 7, depth 9, rows 11, columns 12, add 13.
  private static final int A = 1;
  private static final int B = 3;
  private static final int C = 5;
  private static final int ROW_BYTES = 7;
  private static final int DEPTH = 9;
  private static final int ROWS = 11;
  private static final int COLUMNS = 12;
  private static final int ADD = 13;
  private static final int END = 14;
  private static final int X = 16;
  private static final int COLUMN_VECTORS = 17;

  private static void body(CodeBuilder c, Tile tile) {
    int rows = tile.rows();
    int vectors = tile.vectors();
    int accumulators = COLUMN_VECTORS + vectors;
    for (int i = 0; i < rows * vectors; i++) {
      species(c, tile).invokestatic(VECTOR, "zero", MethodTypeDesc.of(VECTOR, SPECIES));
      c.astore(accumulators + i);
    }
    c.lload(A).lload(DEPTH).loadConstant(4L * rows).lmul().ladd().lstore(END);
    Label head = c.newLabel();
    Label exit = c.newLabel();
    c.labelBinding(head).lload(A).lload(END).lcmp().ifge(exit);
    for (int v = 0; v < vectors; v++) {
      species(c, tile).getstatic(MEMORY, "ALL", SEGMENT);
      c.lload(B).loadConstant(4L * v * tile.lanes()).ladd();
      c.getstatic(MEMORY, "ORDER", BYTE_ORDER).invokestatic(VECTOR, "fromMemorySegment", LOAD);
      c.astore(COLUMN_VECTORS + v);
    }
    for (int r = 0; r < rows; r++) {
      species(c, tile).getstatic(MEMORY, "ALL", SEGMENT).getstatic(MEMORY, "FLOAT", FLOAT_LAYOUT);
      c.lload(A).loadConstant(4L * r).ladd();
      c.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_float, FLOAT_LAYOUT, CD_long));
      c.invokestatic(VECTOR, "broadcast", MethodTypeDesc.of(VECTOR, SPECIES, CD_float));
      c.astore(X);
      for (int v = 0; v < vectors; v++) {
        c.aload(X).aload(COLUMN_VECTORS + v).aload(accumulators + r * vectors + v);
        c.invokevirtual(VECTOR, "fma", MethodTypeDesc.of(VECTOR, VECTOR_SUPER, VECTOR_SUPER));
        c.astore(accumulators + r * vectors + v);
      }
    }
    c.lload(A).loadConstant(4L * rows).ladd().lstore(A);
    c.lload(B).loadConstant(4L * vectors * tile.lanes()).ladd().lstore(B);
    c.goto_(head).labelBinding(exit);
    store(c, tile, accumulators);
  }

  /**
   * Writes the accumulators, masked to the columns that exist, and returns after the last row that
   * does.
   */
  private static void store(CodeBuilder c, Tile tile, int accumulators) {
    int vectors = tile.vectors();
    int masks = COLUMN_VECTORS; // The column vectors are not needed any more.
    for (int v = 0; v < vectors; v++) {
      species(c, tile).loadConstant(v * tile.lanes()).iload(COLUMNS);
      c.invokeinterface(SPECIES, "indexInRange", MethodTypeDesc.of(MASK, CD_int, CD_int));
      c.astore(masks + v);
    }
    Label done = c.newLabel();
    for (int r = 0; r < tile.rows(); r++) {
      if (r > 0) {
        c.iload(ROWS).loadConstant(r).if_icmple(done);
      }
      Label plain = c.newLabel();
      c.iload(ADD).ifeq(plain);
      for (int v = 0; v < vectors; v++) {
        int acc = accumulators + r * vectors + v;
        species(c, tile).getstatic(MEMORY, "ALL", SEGMENT);
        address(c, tile, v).getstatic(MEMORY, "ORDER", BYTE_ORDER).aload(masks + v);
        c.invokestatic(VECTOR, "fromMemorySegment", LOAD_MASKED);
        c.aload(acc).invokevirtual(VECTOR, "add", MethodTypeDesc.of(VECTOR, VECTOR_SUPER));
        c.astore(acc);
      }
      c.labelBinding(plain);
      for (int v = 0; v < vectors; v++) {
        c.aload(accumulators + r * vectors + v).getstatic(MEMORY, "ALL", SEGMENT);
        address(c, tile, v).getstatic(MEMORY, "ORDER", BYTE_ORDER).aload(masks + v);
        c.invokevirtual(VECTOR, "intoMemorySegment", STORE_MASKED);
      }
      c.lload(C).lload(ROW_BYTES).ladd().lstore(C);
    }
    c.labelBinding(done).return_();
  }

  private static CodeBuilder address(CodeBuilder c, Tile tile, int v) {
    return c.lload(C).loadConstant(4L * v * tile.lanes()).ladd();
  }

  private static CodeBuilder species(CodeBuilder c, Tile tile) {
    String name =
        switch (tile.lanes()) {
          case 4 -> "SPECIES_128";
          case 8 -> "SPECIES_256";
          case 16 -> "SPECIES_512";
          default -> throw new IllegalArgumentException(tile.toString());
        };
    return c.getstatic(VECTOR, name, SPECIES);
  }

  private static ClassDesc here(String name) {
    return ClassDesc.of(MicroKernelEmitter.class.getPackageName(), name);
  }
}
