package dev.lgc.compiler.emit.jvm.contraction;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ObjIntConsumer;

/**
 * Writes {@link ScaledKernel} classes. An element is summed up step by step.
 *
 * <pre>
 * for every unit:
 *   c00 = load(old); ...
 *   for every step k:
 *     y0 = load(b); y1 = load(b + 64); ...
 *     x = broadcast(load(a0 + stepA k))
 *     c00 = fma(x, y0, c00); c01 = ...
 *   store(c, c00); ...
 * </pre>
 *
 * <p>Units are a loop in here, as memory is not waited for between two steps but is between two
 * calls. Sums that do not go on start from zeros in memory: C is not read then, as another core may
 * have its lines.
 */
final class ScaledKernelEmitter extends RowKernelEmitter {
  private static final ClassDesc STRIDES = VectorCode.here("ScaledKernel").nested("Strides");
  private static final MethodTypeDesc TYPE =
      VectorCode.method(STRIDES, CD_long, CD_long, CD_long, CD_int, CD_int, CD_int, CD_boolean);

  private static final ConcurrentHashMap<RowTile, ScaledKernel> MADE = new ConcurrentHashMap<>();

  // Locals: this and the parameters, then what follows.
  private static final int GIVEN = 1;
  private static final int A = 2;
  private static final int B = 4;
  private static final int C = 6;
  private static final int DEPTH = 8;
  private static final int UNITS = 9;
  private static final int LIVE = 10;
  private static final int GOES_ON = 11;
  private static final int STEP_A = 12;
  private static final int STEP_B = 14;
  private static final int UNIT_B = 16;
  private static final int ROW_C = 18;
  private static final int UNIT_C = 20;
  private static final int OLD = 22;
  private static final int ROW_OLD = 24;
  private static final int UNIT_OLD = 26;
  private static final int K = 28;
  private static final int AT = 30;
  private static final int END = 32;
  private static final int MASK = 34;
  private static final int NARROW_MASK = 35;
  private static final int ROWS = 36;

  /** True if the last vector of columns may be cut short, which is so where it is the only one. */
  private final boolean masked;

  private ScaledKernelEmitter(CodeBuilder c, RowTile tile) {
    super(c, tile, ROWS + 2 * tile.rows());
    masked = tile.columns() == 1;
  }

  /** The kernel of a tile, made once. */
  static ScaledKernel of(RowTile tile) {
    return MADE.computeIfAbsent(tile, t -> VectorCode.instance(emit(t), ScaledKernel.class));
  }

  /** The class file of a tile. */
  static byte[] emit(RowTile tile) {
    return emit(ScaledKernel.class, TYPE, c -> new ScaledKernelEmitter(c, tile).run());
  }

  private void run() {
    begin();
    Label head = c.newLabel();
    Label exit = c.newLabel();
    c.labelBinding(head).iload(UNITS).ifle(exit);
    unit();
    advance(B, UNIT_B);
    advance(C, UNIT_C);
    advance(OLD, UNIT_OLD);
    c.iinc(UNITS, -1).goto_(head);
    c.labelBinding(exit).return_();
  }

  /** All that is the same for every unit. */
  private void begin() {
    stride("stepA", STEP_A);
    stride("stepB", STEP_B);
    stride("unitB", UNIT_B);
    stride("rowC", ROW_C);
    stride("unitC", UNIT_C);
    for (int r = 0; r < tile.rows(); r++) {
      if (r == 0) {
        c.lload(A);
      } else {
        c.lload(row(r - 1));
        c.aload(GIVEN).invokevirtual(STRIDES, "rowA", MethodTypeDesc.of(CD_long)).ladd();
      }
      c.lstore(row(r));
    }
    Label zeros = c.newLabel();
    Label known = c.newLabel();
    c.iload(GOES_ON).ifeq(zeros);
    c.lload(C).lstore(OLD).lload(ROW_C).lstore(ROW_OLD).lload(UNIT_C).lstore(UNIT_OLD).goto_(known);
    c.labelBinding(zeros);
    c.getstatic(VectorCode.here("ScaledRows"), "ZEROS", CD_long).lstore(OLD);
    c.lconst_0().lstore(ROW_OLD).lconst_0().lstore(UNIT_OLD);
    c.labelBinding(known);
    if (masked) {
      v.inRange(DType.F32, c::iconst_0, () -> c.iload(LIVE));
      c.astore(MASK);
      v.inRange(tile.type(), c::iconst_0, () -> c.iload(LIVE));
      c.astore(NARROW_MASK);
    }
  }

  private void stride(String name, int to) {
    c.aload(GIVEN).invokevirtual(STRIDES, name, MethodTypeDesc.of(CD_long)).lstore(to);
  }

  private static int row(int r) {
    return ROWS + 2 * r;
  }

  private void advance(int address, int by) {
    c.lload(address).lload(by).ladd().lstore(address);
  }

  private void unit() {
    eachVector(
        OLD,
        ROW_OLD,
        (at, accumulator) -> {
          if (masked) {
            v.load(at, () -> c.aload(MASK));
          } else {
            v.load(at);
          }
          c.astore(accumulator);
        });
    Label head = c.newLabel();
    Label exit = c.newLabel();
    c.lconst_0().lstore(K);
    c.lload(B).lstore(AT);
    c.iload(DEPTH).i2l().lload(STEP_B).lmul().lload(B).ladd().lstore(END);
    c.labelBinding(head).lload(AT).lload(END).lcmp().ifge(exit);
    for (int i = 0; i < tile.columns(); i++) {
      long offset = vectorOfB() * i;
      Runnable mask = masked ? () -> c.aload(NARROW_MASK) : null;
      right(i, () -> c.lload(AT).loadConstant(offset).ladd(), mask);
    }
    for (int r = 0; r < tile.rows(); r++) {
      int from = row(r);
      v.splat(() -> c.lload(from).lload(K).ladd());
      left(r);
      for (int i = 0; i < tile.columns(); i++) {
        multiply(r, i);
      }
    }
    advance(K, STEP_A);
    advance(AT, STEP_B);
    c.goto_(head);
    c.labelBinding(exit);
    eachVector(
        C,
        ROW_C,
        (at, accumulator) -> {
          c.aload(accumulator);
          if (masked) {
            v.store(at, () -> c.aload(MASK));
          } else {
            v.store(at);
          }
        });
  }

  /** Something for every accumulator and the address of its vector. */
  private void eachVector(int base, int rowStride, ObjIntConsumer<Runnable> each) {
    c.lload(base).lstore(AT);
    for (int r = 0; r < tile.rows(); r++) {
      for (int i = 0; i < tile.columns(); i++) {
        long offset = vector() * i;
        each.accept(() -> c.lload(AT).loadConstant(offset).ladd(), accumulator(r, i));
      }
      advance(AT, rowStride);
    }
  }
}
