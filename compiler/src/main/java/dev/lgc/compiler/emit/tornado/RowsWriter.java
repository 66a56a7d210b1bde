package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;

/** Writes a contraction with a {@link Schedule.Rows}. */
final class RowsWriter {
  private final Frame frame;
  private final Schedule.Rows schedule;
  private final SumOfProducts product;
  private final Code code;
  private final Evaluator values;
  private final int rows;
  private final int columns;

  RowsWriter(Frame frame, Schedule.Rows schedule) {
    this.frame = frame;
    this.schedule = schedule;
    product = product(SumOfProducts.of(frame.kernel()).orElseThrow());
    code = frame.code();
    values = frame.evaluator();
    rows = Math.toIntExact(product.rowCount());
    columns = Math.toIntExact(product.columnCount());
  }

  /** With the shorter side as rows. */
  static SumOfProducts product(SumOfProducts p) {
    return p.columnCount() < p.rowCount() ? p.swapped() : p;
  }

  static int groups(SumOfProducts p, Schedule.Rows s) {
    SumOfProducts q = product(p);
    return Math.toIntExact(q.outerCount() * Math.ceilDiv(q.columnCount(), s.groupColumns()));
  }

  /** Bytes of local memory. */
  static long localBytes(SumOfProducts p, int items) {
    return 4L * items * product(p).rowCount();
  }

  void write() {
    Value group = frame.id("groupIdx");
    Value item = frame.id("localIdx");
    Memory.Array partial = frame.local("partial", DType.F32, rows * schedule.items());
    int blocks = Math.ceilDiv(columns, schedule.groupColumns());
    Value block = values.digit("digit", group, 1, blocks);
    values.bindDigits(
        product.outer(), values.digit("outer", group, blocks, (int) product.outerCount(), true));
    boolean depthFirst = schedule.alongDepth();
    Value lane = values.digit("digit", item, depthFirst ? 1 : schedule.columns(), schedule.lanes());
    Value mine = values.digit("digit", item, depthFirst ? schedule.lanes() : 1, schedule.columns());
    values.push(block);
    code.b.loadConstant(schedule.groupColumns());
    code.b.imul();
    values.push(mine);
    code.b.iadd();
    Value.Held column = values.save("column", DType.I32);
    Value.Held[][] sums = new Value.Held[schedule.each()][rows];
    for (Value.Held[] ofColumn : sums) {
      for (int i = 0; i < rows; i++) {
        code.b.fconst_0();
        ofColumn[i] = values.save("sum", DType.F32);
      }
    }
    code.ifBelow(column.variable(), columns, () -> sum(lane, column, sums));
    for (int j = 0; j < schedule.each(); j++) {
      Value.Held[] ofColumn = sums[j];
      if (j > 0) {
        frame.localBarrier();
      }
      for (int i = 0; i < rows; i++) {
        partial.store(code, at(item, i * schedule.items()), values.pusher(ofColumn[i]));
      }
      frame.localBarrier();
      reduce(partial, item, lane, ofColumn);
      int apart = j * schedule.columns();
      code.ifBelow(
          held(lane),
          1,
          () -> code.ifBelow(column.variable(), columns, () -> store(column, apart, ofColumn)));
    }
  }

  private Code.Var held(Value v) {
    if (v instanceof Value.Held h) {
      return h.variable();
    }
    values.push(v);
    return code.saveInt("constant");
  }

  private Runnable at(Value v, int constant) {
    return () -> values.pushSum(v, constant);
  }

  /** The lane's share of the sums of its columns. */
  private void sum(Value lane, Value column, Value.Held[][] sums) {
    values.open();
    Value[] at = new Value[sums.length];
    for (int j = 0; j < at.length; j++) {
      at[j] = columnAt(column, j * schedule.columns());
    }
    if (at.length == 1) {
      values.bindDigits(product.columns(), column);
      values.prepare(product.b());
    }
    code.loop(
        "k",
        () -> values.push(lane),
        Math.toIntExact(product.depthCount()),
        schedule.lanes(),
        k -> {
          values.open();
          values.bindDigits(product.depth(), new Value.Held(DType.I32, k));
          Value[] y = new Value[sums.length];
          for (int j = 0; j < y.length; j++) {
            y[j] = at.length == 1 ? values.value(product.b()) : factor(at[j]);
          }
          for (int i = 0; i < rows; i++) {
            values.open();
            values.bindDigits(product.rows(), Value.Constant.index(i));
            Value x = values.value(product.a());
            for (int j = 0; j < y.length; j++) {
              values.addProduct(sums[j][i], x, y[j]);
            }
            values.close();
          }
          values.close();
        });
    values.close();
  }

  /** The second factor in a column. */
  private Value factor(Value column) {
    return values.apart(
        () -> {
          values.bindDigits(product.columns(), column);
          return values.value(product.b());
        });
  }

  /** The column that lies {@code apart} from another. */
  private Value columnAt(Value column, int apart) {
    if (apart == 0) {
      return column;
    }
    values.pushSum(column, apart);
    return values.save("column", DType.I32);
  }

  /** Adds the lanes of each column in a tree; the first lane's variables hold the result. */
  private void reduce(Memory.Array partial, Value item, Value lane, Value.Held[] sums) {
    int apart = schedule.alongDepth() ? 1 : schedule.columns();
    for (int half = schedule.lanes() / 2; half > 0; half /= 2) {
      int by = half * apart;
      code.ifBelow(
          held(lane),
          half,
          () -> {
            for (int i = 0; i < rows; i++) {
              int line = i * schedule.items();
              values.push(sums[i]);
              partial.load(code, at(item, line + by));
              code.b.fadd();
              code.set(sums[i].variable());
              partial.store(code, at(item, line), values.pusher(sums[i]));
            }
          });
      frame.localBarrier();
    }
  }

  private void store(Value column, int apart, Value.Held[] sums) {
    values.open();
    values.bindDigits(product.columns(), columnAt(column, apart));
    for (int i = 0; i < rows; i++) {
      values.open();
      values.bindDigits(product.rows(), Value.Constant.index(i));
      values.store(product.target(), sums[i]);
      values.close();
    }
    values.close();
  }
}
