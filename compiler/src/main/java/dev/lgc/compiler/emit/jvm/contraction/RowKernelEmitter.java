package dev.lgc.compiler.emit.jvm.contraction;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ObjIntConsumer;

/**
 * Writes {@link RowKernel} classes. Every accumulator is a local variable, so that C2 keeps the
 * whole tile in registers.
 *
 * <pre>
 * dot products, for every vector of steps k:        scaled sums, for every step k:
 *   x0 = load(a0 + 4 k); x1 = load(a1 + 4 k)          y0 = load(b); y1 = load(b + 64); ...
 *   y = load(b0 + 4 k)                                x = broadcast(load(a0 + stepA k))
 *   c00 = fma(x0, y, c00); c10 = fma(x1, y, c10)      c00 = fma(x, y0, c00); c01 = ...
 * </pre>
 *
 * <p>All tiles give an element the same bits: a dot product has one accumulator of as many lanes as
 * the machine's vectors; a scaled sum adds step by step.
 */
final class RowKernelEmitter {
  private static final ClassDesc SELF = VectorCode.here("EmittedRowKernel");
  private static final MethodTypeDesc TYPE =
      VectorCode.method(CD_long, CD_long, CD_long, CD_long, CD_int, CD_long, CD_int, CD_long);

  private static final ConcurrentHashMap<RowTile, RowKernel> MADE = new ConcurrentHashMap<>();

  // Locals: this and the parameters, then what follows.
  private static final int A = 1;
  private static final int STEP_A = 3;
  private static final int B = 5;
  private static final int STEP_B = 7;
  private static final int DEPTH = 9;
  private static final int C = 10;
  private static final int LIVE = 12;
  private static final int OLD = 13;
  private static final int K = 15;
  private static final int END = 17;
  private static final int MASK = 19;
  private static final int NARROW_MASK = 20;
  private static final int ADDRESSES = 21;

  private final CodeBuilder c;
  private final VectorCode v;
  private final RowTile tile;
  private final int columnAddresses;
  private final int lefts;
  private final int rights;
  private final int accumulators;

  private RowKernelEmitter(CodeBuilder c, RowTile tile) {
    this.c = c;
    this.tile = tile;
    v = new VectorCode(c, tile.lanes());
    columnAddresses = ADDRESSES + 2 * tile.rows();
    lefts = columnAddresses + 2 * tile.columns();
    rights = lefts + tile.rows();
    accumulators = rights + tile.columns();
  }

  /** The kernel of a tile, made once. */
  static RowKernel of(RowTile tile) {
    return MADE.computeIfAbsent(tile, t -> VectorCode.instance(emit(t), RowKernel.class));
  }

  /** The class file of a tile. */
  static byte[] emit(RowTile tile) {
    return ClassFile.of()
        .build(
            SELF,
            cb -> {
              VectorCode.constructor(cb);
              cb.withInterfaceSymbols(VectorCode.here("RowKernel"));
              cb.withMethodBody(
                  "run", TYPE, ClassFile.ACC_PUBLIC, c -> new RowKernelEmitter(c, tile).run());
            });
  }

  private void run() {
    if (tile.dots()) {
      dots();
    } else {
      sums();
    }
    c.return_();
  }

  /** Loads a table of addresses. */
  private void addresses(int table, int to, int count) {
    for (int i = 0; i < count; i++) {
      long offset = 8L * i;
      v.loadLong(() -> c.lload(table).loadConstant(offset).ladd());
      c.lstore(to + 2 * i);
    }
  }

  private int accumulator(int row, int column) {
    return accumulators + row * tile.columns() + column;
  }

  /** The depth is a multiple of the lanes. */
  private void dots() {
    addresses(A, ADDRESSES, tile.rows());
    for (int i = 0; i < tile.rows() * tile.columns(); i++) {
      v.zero();
      c.astore(accumulators + i);
    }
    addresses(B, columnAddresses, tile.columns());
    Label head = c.newLabel();
    Label exit = c.newLabel();
    c.iload(DEPTH).i2l().lstore(END);
    c.lconst_0().lstore(K);
    c.labelBinding(head).lload(K).lload(END).lcmp().ifge(exit);
    products();
    c.lload(K).loadConstant((long) tile.lanes()).ladd().lstore(K).goto_(head);
    c.labelBinding(exit);
    for (int i = 0; i < tile.rows() * tile.columns(); i++) {
      c.aload(accumulators + i);
      v.store(sum(i));
    }
  }

  private Runnable sum(int i) {
    return () -> c.lload(C).loadConstant(4L * i * tile.lanes()).ladd();
  }

  /**
   * A vector of steps of every row by that of every column. What there are fewer of comes first.
   */
  private void products() {
    boolean rowsFirst = tile.rows() <= tile.columns();
    for (int i = 0; i < Math.min(tile.rows(), tile.columns()); i++) {
      factor(rowsFirst, i);
    }
    for (int i = 0; i < Math.max(tile.rows(), tile.columns()); i++) {
      factor(!rowsFirst, i);
      for (int j = 0; j < Math.min(tile.rows(), tile.columns()); j++) {
        multiply(rowsFirst ? j : i, rowsFirst ? i : j);
      }
    }
  }

  private void factor(boolean row, int number) {
    if (row) {
      v.load(() -> c.lload(ADDRESSES + 2 * number).lload(K).iconst_2().lshl().ladd());
      c.astore(lefts + number);
    } else {
      int shift = Integer.numberOfTrailingZeros(tile.type().bytes());
      right(
          () -> c.lload(columnAddresses + 2 * number).lload(K).loadConstant(shift).lshl().ladd(),
          number,
          false);
    }
  }

  private void right(Runnable at, int number, boolean masked) {
    v.loadWidened(tile.type(), at, masked ? () -> c.aload(NARROW_MASK) : null);
    c.astore(rights + number);
  }

  private void multiply(int row, int column) {
    c.aload(lefts + row).aload(rights + column).aload(accumulator(row, column));
    v.fma();
    c.astore(accumulator(row, column));
  }

  /** The last vector of columns is masked where there is only one. */
  private void sums() {
    boolean masked = tile.columns() == 1;
    if (masked) {
      v.inRange(DType.F32, c::iconst_0, () -> c.iload(LIVE));
      c.astore(MASK);
      v.inRange(tile.type(), c::iconst_0, () -> c.iload(LIVE));
      c.astore(NARROW_MASK);
    }
    eachVector(
        OLD,
        (at, accumulator) -> {
          if (masked) {
            v.load(at, () -> c.aload(MASK));
          } else {
            v.load(at);
          }
          c.astore(accumulator);
        });
    addresses(A, ADDRESSES, tile.rows());
    Label head = c.newLabel();
    Label exit = c.newLabel();
    c.lconst_0().lstore(K);
    c.iload(DEPTH).i2l().lload(STEP_B).lmul().lload(B).ladd().lstore(END);
    c.labelBinding(head).lload(B).lload(END).lcmp().ifge(exit);
    for (int i = 0; i < tile.columns(); i++) {
      long offset = (long) tile.type().bytes() * i * tile.lanes();
      right(() -> c.lload(B).loadConstant(offset).ladd(), i, masked);
    }
    for (int r = 0; r < tile.rows(); r++) {
      int from = ADDRESSES + 2 * r;
      v.splat(() -> c.lload(from).lload(K).ladd());
      c.astore(lefts + r);
      for (int i = 0; i < tile.columns(); i++) {
        multiply(r, i);
      }
    }
    c.lload(K).lload(STEP_A).ladd().lstore(K);
    c.lload(B).lload(STEP_B).ladd().lstore(B).goto_(head);
    c.labelBinding(exit);
    eachVector(
        C,
        (at, accumulator) -> {
          c.aload(accumulator);
          if (masked) {
            v.store(at, () -> c.aload(MASK));
          } else {
            v.store(at);
          }
        });
  }

  /** Something for every accumulator and the address of its vector in rows of a table. */
  private void eachVector(int table, ObjIntConsumer<Runnable> each) {
    addresses(table, ADDRESSES, tile.rows());
    for (int r = 0; r < tile.rows(); r++) {
      int row = ADDRESSES + 2 * r;
      for (int i = 0; i < tile.columns(); i++) {
        long offset = 4L * i * tile.lanes();
        each.accept(() -> c.lload(row).loadConstant(offset).ladd(), accumulator(r, i));
      }
    }
  }
}
