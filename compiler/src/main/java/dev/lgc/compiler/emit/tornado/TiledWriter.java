package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;

/** Writes a contraction with a {@link DeviceSchedule.Tiled}. */
final class TiledWriter {
  private final TaskMethod method;
  private final DeviceSchedule.Tiled schedule;
  private final SumOfProducts product;
  private final DeviceCode code;
  private final ExpressionWriter values;
  private final int rowCount;
  private final int columnCount;
  private final TileLoader loader;
  private final int rowTiles;
  private final int columnTiles;

  TiledWriter(TaskMethod method, DeviceSchedule.Tiled schedule) {
    this.method = method;
    this.schedule = schedule;
    product = SumOfProducts.of(method.kernel()).orElseThrow();
    code = method.code();
    values = method.expressions();
    rowCount = Math.toIntExact(product.rowCount());
    columnCount = Math.toIntExact(product.columnCount());
    loader = new TileLoader(values, product, schedule);
    rowTiles = Math.ceilDiv(rowCount, schedule.tileRows());
    columnTiles = Math.ceilDiv(columnCount, schedule.tileColumns());
  }

  static int groups(SumOfProducts p, DeviceSchedule.Tiled s) {
    long tiles =
        p.outerCount()
            * Math.ceilDiv(p.rowCount(), s.tileRows())
            * Math.ceilDiv(p.columnCount(), s.tileColumns());
    return Math.toIntExact(tiles * s.parts());
  }

  void write() {
    DeviceOperand group = method.id("groupIdx");
    DeviceOperand item = method.id("localIdx");
    MemRef.Array tileA =
        method.local("tileA", DType.F32, schedule.depth() * (schedule.tileRows() + 1));
    MemRef.Array tileB =
        method.local("tileB", DType.F32, schedule.depth() * (schedule.tileColumns() + 1));
    DeviceOperand column =
        scaled(values.digit("digit", group, 1, columnTiles), schedule.tileColumns(), "column");
    DeviceOperand row =
        scaled(values.digit("digit", group, columnTiles, rowTiles), schedule.tileRows(), "row");
    int above = columnTiles * rowTiles;
    int outer = Math.toIntExact(product.outerCount());
    DeviceOperand part = values.digit("digit", group, above * outer, schedule.parts());
    DeviceOperand outerPosition = values.digit("digit", group, above, outer);
    values.bindDigits(product.outer(), outerPosition);
    DeviceOperand itemColumn = values.digit("digit", item, 1, schedule.itemColumns());
    DeviceOperand itemRow =
        values.digit("digit", item, schedule.itemColumns(), schedule.itemRows());
    TileLoader.Side a =
        new TileLoader.Side(product.a(), product.rows(), rowCount, row, schedule.tileRows(), tileA);
    TileLoader.Side b =
        new TileLoader.Side(
            product.b(), product.columns(), columnCount, column, schedule.tileColumns(), tileB);
    DeviceOperand.Variable[][] sums = sums();
    int each = loader.partDepth();
    code.loop(
        "depth",
        code.b::iconst_0,
        each,
        schedule.depth(),
        k -> {
          values.open();
          values.push(part);
          code.b.loadConstant(each);
          code.b.imul();
          code.push(k);
          code.b.iadd();
          DeviceOperand from = values.save("from", DType.I32);
          loader.load(a, item, from);
          loader.load(b, item, from);
          method.localBarrier();
          multiply(a, b, itemRow, itemColumn, sums);
          method.localBarrier();
          values.close();
        });
    store(sums, row, itemRow, column, itemColumn, part, outerPosition);
  }

  private DeviceOperand scaled(DeviceOperand v, int factor, String name) {
    values.push(v);
    code.b.loadConstant(factor);
    code.b.imul();
    return values.save(name, DType.I32);
  }

  private DeviceOperand.Variable[][] sums() {
    DeviceOperand.Variable[][] sums =
        new DeviceOperand.Variable[schedule.rows()][schedule.columns()];
    for (DeviceOperand.Variable[] row : sums) {
      for (int j = 0; j < row.length; j++) {
        code.b.fconst_0();
        row[j] = values.save("sum", DType.F32);
      }
    }
    return sums;
  }

  private void multiply(
      TileLoader.Side a,
      TileLoader.Side b,
      DeviceOperand itemRow,
      DeviceOperand itemColumn,
      DeviceOperand.Variable[][] sums) {
    values.open();
    DeviceOperand firstRow = scaled(itemRow, schedule.rows(), "firstRow");
    code.loop(
        "k",
        code.b::iconst_0,
        schedule.depth(),
        1,
        k -> {
          values.open();
          DeviceOperand atA = lineStart(k, a, firstRow);
          DeviceOperand atB = lineStart(k, b, itemColumn);
          DeviceOperand[] x = new DeviceOperand[schedule.rows()];
          for (int i = 0; i < x.length; i++) {
            int by = i;
            a.tile().load(code, () -> values.pushSum(atA, by));
            x[i] = values.save("x", DType.F32);
          }
          for (int j = 0; j < schedule.columns(); j++) {
            int by = j * schedule.itemColumns();
            b.tile().load(code, () -> values.pushSum(atB, by));
            DeviceOperand y = values.save("y", DType.F32);
            for (int i = 0; i < x.length; i++) {
              values.addProduct(sums[i][j], x[i], y);
            }
          }
          values.close();
        });
    values.close();
  }

  private DeviceOperand lineStart(DeviceCode.Var k, TileLoader.Side side, DeviceOperand first) {
    code.push(k);
    code.b.loadConstant(side.size() + 1);
    code.b.imul();
    values.push(first);
    code.b.iadd();
    return values.save("line", DType.I32);
  }

  private void store(
      DeviceOperand.Variable[][] sums,
      DeviceOperand row,
      DeviceOperand itemRow,
      DeviceOperand column,
      DeviceOperand itemColumn,
      DeviceOperand part,
      DeviceOperand outer) {
    DeviceOperand firstRow = values.add(row, scaled(itemRow, schedule.rows(), "first"), "firstRow");
    DeviceOperand firstColumn = values.add(column, itemColumn, "firstColumn");
    for (int i = 0; i < schedule.rows(); i++) {
      for (int j = 0; j < schedule.columns(); j++) {
        values.open();
        DeviceOperand r = plus(firstRow, i);
        DeviceOperand c = plus(firstColumn, j * schedule.itemColumns());
        DeviceOperand v = sums[i][j];
        Runnable store =
            () -> {
              values.open();
              storeOne(r, c, v, part, outer);
              values.close();
            };
        code.ifBelow(
            ((DeviceOperand.Variable) r).variable(),
            rowCount,
            () -> code.ifBelow(((DeviceOperand.Variable) c).variable(), columnCount, store));
        values.close();
      }
    }
  }

  private DeviceOperand plus(DeviceOperand v, int constant) {
    values.pushSum(v, constant);
    return values.save("at", DType.I32);
  }

  private void storeOne(
      DeviceOperand row,
      DeviceOperand column,
      DeviceOperand v,
      DeviceOperand part,
      DeviceOperand outer) {
    if (schedule.parts() == 1) {
      values.bindDigits(product.rows(), row);
      values.bindDigits(product.columns(), column);
      values.store(product.target(), v);
      return;
    }
    SplitKWriter.storePart(
        method,
        values,
        () -> {
          values.push(part);
          code.b.loadConstant(Math.toIntExact(product.outerCount()));
          code.b.imul();
          values.push(outer);
          code.b.iadd();
          code.b.loadConstant(rowCount);
          code.b.imul();
          values.push(row);
          code.b.iadd();
          code.b.loadConstant(columnCount);
          code.b.imul();
          values.push(column);
          code.b.iadd();
        },
        v);
  }
}
