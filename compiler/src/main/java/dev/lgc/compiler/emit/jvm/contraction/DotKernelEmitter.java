package dev.lgc.compiler.emit.jvm.contraction;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes {@link DotKernel} classes. An element has one accumulator of as many lanes as the
 * machine's vectors.
 *
 * <pre>
 * for every vector of steps k:
 *   x0 = load(a0 + 4 k); x1 = load(a1 + 4 k)
 *   y = load(b0 + 4 k)
 *   c00 = fma(x0, y, c00); c10 = fma(x1, y, c10)
 * </pre>
 */
final class DotKernelEmitter extends RowKernelEmitter {
  private static final MethodTypeDesc TYPE = VectorCode.method(CD_long, CD_long, CD_int, CD_long);

  private static final ConcurrentHashMap<RowTile, DotKernel> MADE = new ConcurrentHashMap<>();

  // Locals: this and the parameters, then what follows.
  private static final int A = 1;
  private static final int B = 3;
  private static final int DEPTH = 5;
  private static final int SUMS = 6;
  private static final int K = 8;
  private static final int END = 10;
  private static final int ROWS = 12;

  private final int columns;

  private DotKernelEmitter(CodeBuilder c, RowTile tile) {
    super(c, tile, ROWS + 2 * (tile.rows() + tile.columns()));
    columns = ROWS + 2 * tile.rows();
  }

  /** The kernel of a tile, made once. */
  static DotKernel of(RowTile tile) {
    return MADE.computeIfAbsent(tile, t -> VectorCode.instance(emit(t), DotKernel.class));
  }

  /** The class file of a tile. */
  static byte[] emit(RowTile tile) {
    return emit(DotKernel.class, TYPE, c -> new DotKernelEmitter(c, tile).run());
  }

  private void run() {
    addresses(A, ROWS, tile.rows());
    addresses(B, columns, tile.columns());
    eachSum(
        (row, column) -> {
          v.zero();
          c.astore(accumulator(row, column));
        });
    Label head = c.newLabel();
    Label exit = c.newLabel();
    c.iload(DEPTH).i2l().lstore(END);
    c.lconst_0().lstore(K);
    c.labelBinding(head).lload(K).lload(END).lcmp().ifge(exit);
    products();
    c.lload(K).loadConstant((long) tile.lanes()).ladd().lstore(K).goto_(head);
    c.labelBinding(exit);
    eachSum(
        (row, column) -> {
          long at = vector() * (row * tile.columns() + column);
          c.aload(accumulator(row, column));
          v.store(() -> c.lload(SUMS).loadConstant(at).ladd());
        });
    c.return_();
  }

  private interface Sum {
    void at(int row, int column);
  }

  private void eachSum(Sum each) {
    for (int r = 0; r < tile.rows(); r++) {
      for (int i = 0; i < tile.columns(); i++) {
        each.at(r, i);
      }
    }
  }

  /** Loads a table of addresses. */
  private void addresses(int table, int to, int count) {
    for (int i = 0; i < count; i++) {
      long offset = 8L * i;
      v.loadLong(() -> c.lload(table).loadConstant(offset).ladd());
      c.lstore(to + 2 * i);
    }
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
      v.load(() -> c.lload(ROWS + 2 * number).lload(K).iconst_2().lshl().ladd());
      left(number);
    } else {
      int shift = Integer.numberOfTrailingZeros(tile.type().bytes());
      right(
          number,
          () -> c.lload(columns + 2 * number).lload(K).loadConstant(shift).lshl().ladd(),
          null);
    }
  }
}
