package dev.lgc.compiler.emit.jvm.contraction;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes {@link MicroKernel} classes. Every accumulator is a local variable, so that C2 keeps the
 * whole tile in registers. There is one method for whole and partial tiles: C2 takes seconds for
 * it, and until then it is a hundred times slower.
 *
 * <pre>
 * while (a != end) {
 *   b0 = load(b); b1 = load(b + 64); ...
 *   x = broadcast(load(a));     c00 = fma(x, b0, c00); c01 = fma(x, b1, c01); ...
 *   x = broadcast(load(a + 4)); c10 = ...
 * }
 * </pre>
 *
 * <p>Rows of A are at constant distances: with variable ones, each load needs instructions of its
 * own, and C2's code is a fifth slower.
 */
final class MicroKernelEmitter {
  private static final MethodTypeDesc TYPE =
      VectorCode.method(
          CD_long,
          CD_long,
          CD_long,
          CD_long,
          CD_long,
          CD_int,
          CD_int,
          CD_boolean,
          CD_long,
          CD_long);

  private static final ConcurrentHashMap<Tile, MicroKernel> MADE = new ConcurrentHashMap<>();

  // Locals: this and the parameters, then what follows.
  private static final int A = 1;
  private static final int B = 3;
  private static final int C = 5;
  private static final int ROW_C = 7;
  private static final int DEPTH = 9;
  private static final int ROWS = 11;
  private static final int COLUMNS = 12;
  private static final int ADD = 13;
  private static final int SPARE = 14;
  private static final int ZEROS = 16;
  private static final int END = 18;
  private static final int TO = 20;
  private static final int FROM = 22;
  private static final int X = 24;
  private static final int COLUMN_VECTORS = 25;

  private final CodeBuilder c;
  private final VectorCode v;
  private final Tile tile;
  private final int accumulators;

  private MicroKernelEmitter(CodeBuilder c, Tile tile) {
    this.c = c;
    this.tile = tile;
    v = new VectorCode(c, tile.lanes());
    accumulators = COLUMN_VECTORS + tile.vectors();
  }

  /** The micro-kernel of a tile size, made once. */
  static MicroKernel of(Tile tile) {
    return MADE.computeIfAbsent(tile, t -> VectorCode.instance(emit(t), MicroKernel.class));
  }

  /** The class file of a tile size. */
  static byte[] emit(Tile tile) {
    return ClassFile.of()
        .build(
            VectorCode.here("EmittedMicroKernel"),
            cb -> {
              VectorCode.constructor(cb);
              cb.withInterfaceSymbols(VectorCode.here("MicroKernel"));
              cb.withMethodBody(
                  "tile", TYPE, ClassFile.ACC_PUBLIC, c -> new MicroKernelEmitter(c, tile).body());
            });
  }

  private void body() {
    for (int i = 0; i < tile.rows() * tile.vectors(); i++) {
      v.zero();
      c.astore(accumulators + i);
    }
    c.lload(A).lload(DEPTH).loadConstant(4L * tile.rows()).lmul().ladd().lstore(END);
    Label head = c.newLabel();
    Label exit = c.newLabel();
    c.labelBinding(head).lload(A).lload(END).lcmp().ifge(exit);
    for (int i = 0; i < tile.vectors(); i++) {
      long offset = 4L * i * tile.lanes();
      v.load(() -> c.lload(B).loadConstant(offset).ladd());
      c.astore(COLUMN_VECTORS + i);
    }
    for (int r = 0; r < tile.rows(); r++) {
      long offset = 4L * r;
      v.splat(() -> c.lload(A).loadConstant(offset).ladd());
      c.astore(X);
      for (int i = 0; i < tile.vectors(); i++) {
        c.aload(X).aload(COLUMN_VECTORS + i).aload(accumulator(r, i));
        v.fma();
        c.astore(accumulator(r, i));
      }
    }
    c.lload(A).loadConstant(4L * tile.rows()).ladd().lstore(A);
    c.lload(B).loadConstant(4L * tile.columns()).ladd().lstore(B);
    c.goto_(head).labelBinding(exit);
    store();
  }

  private int accumulator(int row, int vector) {
    return accumulators + row * tile.vectors() + vector;
  }

  /**
   * Writes the accumulators, masked to the columns that exist; rows that do not exist go to the
   * spare row. Straight on, without a branch per row: those cost C2 seconds, and much memory.
   */
  private void store() {
    int masks = COLUMN_VECTORS; // The column vectors are not needed any more.
    for (int i = 0; i < tile.vectors(); i++) {
      int offset = i * tile.lanes();
      v.inRange(() -> c.loadConstant(offset), () -> c.iload(COLUMNS));
      c.astore(masks + i);
    }
    for (int r = 0; r < tile.rows(); r++) {
      int row = r;
      select(() -> c.iload(ROWS).loadConstant(row), C, SPARE, TO);
      select(() -> c.iload(ADD).iconst_0(), TO, ZEROS, FROM);
      for (int i = 0; i < tile.vectors(); i++) {
        int mask = masks + i;
        c.aload(accumulator(r, i));
        v.load(address(FROM, i), () -> c.aload(mask));
        v.add();
        v.store(address(TO, i), () -> c.aload(mask));
      }
      c.lload(C).lload(ROW_C).ladd().lstore(C);
    }
    c.return_();
  }

  /** Keeps one address if the first of two ints is greater, and another if it is not. */
  private void select(Runnable ints, int yes, int no, int result) {
    Label otherwise = c.newLabel();
    Label end = c.newLabel();
    ints.run();
    c.if_icmple(otherwise).lload(yes).lstore(result).goto_(end);
    c.labelBinding(otherwise).lload(no).lstore(result);
    c.labelBinding(end);
  }

  private Runnable address(int base, int vector) {
    return () -> c.lload(base).loadConstant(4L * vector * tile.lanes()).ladd();
  }
}
