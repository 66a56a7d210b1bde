package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;

/** Writes a contraction with a {@link DeviceSchedule.Rows}. */
final class RowsWriter {
  private final TaskMethod method;
  private final DeviceSchedule.Rows schedule;
  private final SumOfProducts product;
  private final DeviceCode code;
  private final ExpressionWriter values;
  private final int rows;
  private final int columns;

  RowsWriter(TaskMethod method, DeviceSchedule.Rows schedule) {
    this.method = method;
    this.schedule = schedule;
    product = product(SumOfProducts.of(method.kernel()).orElseThrow());
    code = method.code();
    values = method.expressions();
    rows = Math.toIntExact(product.rowCount());
    columns = Math.toIntExact(product.columnCount());
  }

  /** With the shorter side as rows. */
  static SumOfProducts product(SumOfProducts p) {
    return p.columnCount() < p.rowCount() ? p.swapped() : p;
  }

  static int groups(SumOfProducts p, DeviceSchedule.Rows s) {
    SumOfProducts q = product(p);
    return Math.toIntExact(q.outerCount() * Math.ceilDiv(q.columnCount(), s.groupColumns()));
  }

  /** Bytes of local memory. */
  static long localBytes(SumOfProducts p, int items) {
    return 4L * items * product(p).rowCount();
  }

  void write() {
    DeviceOperand group = method.id("groupIdx");
    DeviceOperand item = method.id("localIdx");
    MemRef.Array partial = method.local("partial", DType.F32, rows * schedule.items());
    int blocks = Math.ceilDiv(columns, schedule.groupColumns());
    DeviceOperand block = values.digit("digit", group, 1, blocks);
    values.bindDigits(
        product.outer(), values.digit("outer", group, blocks, (int) product.outerCount(), true));
    boolean depthFirst = schedule.alongDepth();
    DeviceOperand lane =
        values.digit("digit", item, depthFirst ? 1 : schedule.columns(), schedule.lanes());
    DeviceOperand mine =
        values.digit("digit", item, depthFirst ? schedule.lanes() : 1, schedule.columns());
    values.push(block);
    code.b.loadConstant(schedule.groupColumns());
    code.b.imul();
    values.push(mine);
    code.b.iadd();
    DeviceOperand.Variable column = values.save("column", DType.I32);
    DeviceOperand.Variable[][] sums = new DeviceOperand.Variable[schedule.each()][rows];
    for (DeviceOperand.Variable[] ofColumn : sums) {
      for (int i = 0; i < rows; i++) {
        code.b.fconst_0();
        ofColumn[i] = values.save("sum", DType.F32);
      }
    }
    code.ifBelow(column.variable(), columns, () -> sum(lane, column, sums));
    for (int j = 0; j < schedule.each(); j++) {
      DeviceOperand.Variable[] ofColumn = sums[j];
      if (j > 0) {
        method.localBarrier();
      }
      for (int i = 0; i < rows; i++) {
        partial.store(code, at(item, i * schedule.items()), values.pusher(ofColumn[i]));
      }
      method.localBarrier();
      reduce(partial, item, lane, ofColumn);
      int apart = j * schedule.columns();
      code.ifBelow(
          held(lane),
          1,
          () -> code.ifBelow(column.variable(), columns, () -> store(column, apart, ofColumn)));
    }
  }

  private DeviceCode.Var held(DeviceOperand v) {
    if (v instanceof DeviceOperand.Variable h) {
      return h.variable();
    }
    values.push(v);
    return code.saveInt("constant");
  }

  private Runnable at(DeviceOperand v, int constant) {
    return () -> values.pushSum(v, constant);
  }

  /** The lane's share of the sums of its columns. */
  private void sum(DeviceOperand lane, DeviceOperand column, DeviceOperand.Variable[][] sums) {
    values.open();
    DeviceOperand[] at = new DeviceOperand[sums.length];
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
          values.bindDigits(product.depth(), new DeviceOperand.Variable(DType.I32, k));
          DeviceOperand[] y = new DeviceOperand[sums.length];
          for (int j = 0; j < y.length; j++) {
            y[j] = at.length == 1 ? values.value(product.b()) : factor(at[j]);
          }
          for (int i = 0; i < rows; i++) {
            values.open();
            values.bindDigits(product.rows(), DeviceOperand.Constant.index(i));
            DeviceOperand x = values.value(product.a());
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
  private DeviceOperand factor(DeviceOperand column) {
    return values.apart(
        () -> {
          values.bindDigits(product.columns(), column);
          return values.value(product.b());
        });
  }

  /** The column that lies {@code apart} from another. */
  private DeviceOperand columnAt(DeviceOperand column, int apart) {
    if (apart == 0) {
      return column;
    }
    values.pushSum(column, apart);
    return values.save("column", DType.I32);
  }

  /** Adds the lanes of each column in a tree; the first lane's variables hold the result. */
  private void reduce(
      MemRef.Array partial, DeviceOperand item, DeviceOperand lane, DeviceOperand.Variable[] sums) {
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
      method.localBarrier();
    }
  }

  private void store(DeviceOperand column, int apart, DeviceOperand.Variable[] sums) {
    values.open();
    values.bindDigits(product.columns(), columnAt(column, apart));
    for (int i = 0; i < rows; i++) {
      values.open();
      values.bindDigits(product.rows(), DeviceOperand.Constant.index(i));
      values.store(product.target(), sums[i]);
      values.close();
    }
    values.close();
  }
}
