package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
import java.util.List;

/** Writes a contraction with a {@link Schedule.Tiled}. */
final class TiledWriter {
  private final Frame frame;
  private final Schedule.Tiled schedule;
  private final SumOfProducts product;
  private final Code code;
  private final Evaluator values;
  private final int rowCount;
  private final int columnCount;
  private final int depthCount;
  private final int rowTiles;
  private final int columnTiles;

  TiledWriter(Frame frame, Schedule.Tiled schedule) {
    this.frame = frame;
    this.schedule = schedule;
    product = SumOfProducts.of(frame.kernel()).orElseThrow();
    code = frame.code();
    values = frame.evaluator();
    rowCount = Math.toIntExact(product.rowCount());
    columnCount = Math.toIntExact(product.columnCount());
    depthCount = Math.toIntExact(product.depthCount());
    rowTiles = Math.ceilDiv(rowCount, schedule.tileRows());
    columnTiles = Math.ceilDiv(columnCount, schedule.tileColumns());
  }

  static int groups(SumOfProducts p, Schedule.Tiled s) {
    long tiles =
        p.outerCount()
            * Math.ceilDiv(p.rowCount(), s.tileRows())
            * Math.ceilDiv(p.columnCount(), s.tileColumns());
    return Math.toIntExact(tiles * s.parts());
  }

  /** A factor's side of the tile. */
  private record Side(
      Scalar factor, List<Axis> axes, int count, Value first, int size, Memory.Array tile) {
    boolean isWhole() {
      return count % size == 0;
    }
  }

  void write() {
    Value group = frame.id("groupIdx");
    Value item = frame.id("localIdx");
    Memory.Array tileA =
        frame.local("tileA", DType.F32, schedule.depth() * (schedule.tileRows() + 1));
    Memory.Array tileB =
        frame.local("tileB", DType.F32, schedule.depth() * (schedule.tileColumns() + 1));
    Value column =
        scaled(values.digit("digit", group, 1, columnTiles), schedule.tileColumns(), "column");
    Value row =
        scaled(values.digit("digit", group, columnTiles, rowTiles), schedule.tileRows(), "row");
    int above = columnTiles * rowTiles;
    int outer = Math.toIntExact(product.outerCount());
    Value part = values.digit("digit", group, above * outer, schedule.parts());
    Value outerPosition = values.digit("digit", group, above, outer);
    values.bindDigits(product.outer(), outerPosition);
    Value itemColumn = values.digit("digit", item, 1, schedule.itemColumns());
    Value itemRow = values.digit("digit", item, schedule.itemColumns(), schedule.itemRows());
    Side a = new Side(product.a(), product.rows(), rowCount, row, schedule.tileRows(), tileA);
    Side b =
        new Side(
            product.b(), product.columns(), columnCount, column, schedule.tileColumns(), tileB);
    Value.Held[][] sums = sums();
    int each = partDepth();
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
          Value from = values.save("from", DType.I32);
          fill(a, item, from);
          fill(b, item, from);
          frame.localBarrier();
          multiply(a, b, itemRow, itemColumn, sums);
          frame.localBarrier();
          values.close();
        });
    store(sums, row, itemRow, column, itemColumn, part, outerPosition);
  }

  /** Depth of a part, in whole tiles. */
  private int partDepth() {
    return Math.ceilDiv(Math.ceilDiv(depthCount, schedule.parts()), schedule.depth())
        * schedule.depth();
  }

  private Value scaled(Value v, int factor, String name) {
    values.push(v);
    code.b.loadConstant(factor);
    code.b.imul();
    return values.save(name, DType.I32);
  }

  private Value.Held[][] sums() {
    Value.Held[][] sums = new Value.Held[schedule.rows()][schedule.columns()];
    for (Value.Held[] row : sums) {
      for (int j = 0; j < row.length; j++) {
        code.b.fconst_0();
        row[j] = values.save("sum", DType.F32);
      }
    }
    return sums;
  }

  /**
   * Brings a tile to local memory, zeros where there is nothing. Neighbouring items read neighbours
   * in memory.
   */
  private void fill(Side side, Value item, Value from) {
    boolean alongDepth =
        !SumOfProducts.isDense(side.factor, side.axes)
            || SumOfProducts.isDense(side.factor, product.depth());
    int fast = alongDepth ? schedule.depth() : side.size;
    int slow = alongDepth ? side.size : schedule.depth();
    int step = schedule.items() / fast;
    for (int i = 0; i * step < slow; i++) {
      values.open();
      Value near = values.digit("digit", item, 1, fast);
      values.push(item);
      code.b.loadConstant(fast);
      code.b.idiv();
      code.b.loadConstant(i * step);
      code.b.iadd();
      Value far = values.save("far", DType.I32);
      fill(side, from, alongDepth ? near : far, alongDepth ? far : near);
      values.close();
    }
  }

  private void fill(Side side, Value from, Value k, Value position) {
    Value depth = sum(from, k, "k");
    Value at = sum(side.first, position, "at");
    boolean wholeDepth =
        depthCount % schedule.depth() == 0 && partDepth() * schedule.parts() == depthCount;
    Runnable load =
        () -> {
          values.open();
          values.bindDigits(product.depth(), depth);
          values.bindDigits(side.axes, at);
          values.push(values.value(side.factor));
          values.close();
        };
    if (side.isWhole() && wholeDepth) {
      load.run();
    } else {
      Functions f = values.functions();
      code.either(
          () -> {
            code.b.iconst_1();
            if (!side.isWhole()) {
              below(f, at, side.count);
            }
            if (!wholeDepth) {
              below(f, depth, depthCount);
            }
          },
          load,
          code.b::fconst_0);
    }
    Value v = values.save("v", DType.F32);
    side.tile.store(
        code,
        () -> {
          values.push(k);
          code.b.loadConstant(side.size + 1);
          code.b.imul();
          values.push(position);
          code.b.iadd();
        },
        values.pusher(v));
  }

  /** Ands what is on the stack with {@code v < limit}. */
  private void below(Functions f, Value v, int limit) {
    f.compare(
        dev.lgc.compiler.algorithm.Function.LT,
        DType.I32,
        values.pusher(v),
        () -> code.b.loadConstant(limit));
    code.b.iand();
  }

  private Value sum(Value x, Value y, String name) {
    values.push(x);
    values.push(y);
    code.b.iadd();
    return values.save(name, DType.I32);
  }

  private void multiply(Side a, Side b, Value itemRow, Value itemColumn, Value.Held[][] sums) {
    values.open();
    Value firstRow = scaled(itemRow, schedule.rows(), "firstRow");
    code.loop(
        "k",
        code.b::iconst_0,
        schedule.depth(),
        1,
        k -> {
          values.open();
          Value atA = lineStart(k, a, firstRow);
          Value atB = lineStart(k, b, itemColumn);
          Value[] x = new Value[schedule.rows()];
          for (int i = 0; i < x.length; i++) {
            int by = i;
            a.tile.load(code, () -> values.pushSum(atA, by));
            x[i] = values.save("x", DType.F32);
          }
          for (int j = 0; j < schedule.columns(); j++) {
            int by = j * schedule.itemColumns();
            b.tile.load(code, () -> values.pushSum(atB, by));
            Value y = values.save("y", DType.F32);
            for (int i = 0; i < x.length; i++) {
              values.addProduct(sums[i][j], x[i], y);
            }
          }
          values.close();
        });
    values.close();
  }

  private Value lineStart(Code.Var k, Side side, Value first) {
    code.push(k);
    code.b.loadConstant(side.size + 1);
    code.b.imul();
    values.push(first);
    code.b.iadd();
    return values.save("line", DType.I32);
  }

  private void store(
      Value.Held[][] sums,
      Value row,
      Value itemRow,
      Value column,
      Value itemColumn,
      Value part,
      Value outer) {
    Value firstRow = sum(row, scaled(itemRow, schedule.rows(), "first"), "firstRow");
    Value firstColumn = sum(column, itemColumn, "firstColumn");
    for (int i = 0; i < schedule.rows(); i++) {
      for (int j = 0; j < schedule.columns(); j++) {
        values.open();
        Value r = plus(firstRow, i);
        Value c = plus(firstColumn, j * schedule.itemColumns());
        Value v = sums[i][j];
        Runnable store =
            () -> {
              values.open();
              storeOne(r, c, v, part, outer);
              values.close();
            };
        code.ifBelow(
            ((Value.Held) r).variable(),
            rowCount,
            () -> code.ifBelow(((Value.Held) c).variable(), columnCount, store));
        values.close();
      }
    }
  }

  private Value plus(Value v, int constant) {
    values.pushSum(v, constant);
    return values.save("at", DType.I32);
  }

  private void storeOne(Value row, Value column, Value v, Value part, Value outer) {
    if (schedule.parts() == 1) {
      values.bindDigits(product.rows(), row);
      values.bindDigits(product.columns(), column);
      values.store(product.target(), v);
      return;
    }
    frame
        .workspace()
        .get(DType.F32)
        .store(
            code,
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
            values.pusher(v));
  }

  /** Writes the kernel that adds the parts, in their order: an item per element of the result. */
  static void writeSum(Frame frame, Schedule.Tiled schedule) {
    SumOfProducts p = SumOfProducts.of(frame.kernel()).orElseThrow();
    Code code = frame.code();
    Evaluator values = frame.evaluator();
    int elements = Math.toIntExact(schedule.elements());
    Value at = frame.id("globalIdx");
    code.ifBelow(
        ((Value.Held) at).variable(),
        elements,
        () -> {
          values.open();
          code.b.fconst_0();
          Value.Held sum = values.save("sum", DType.F32);
          code.loop(
              "part",
              code.b::iconst_0,
              schedule.parts(),
              1,
              part -> {
                values.push(sum);
                frame
                    .workspace()
                    .get(DType.F32)
                    .load(
                        code,
                        () -> {
                          code.push(part);
                          code.b.loadConstant(elements);
                          code.b.imul();
                          values.push(at);
                          code.b.iadd();
                        });
                code.b.fadd();
                code.set(sum.variable());
              });
          List<Axis> axes = new java.util.ArrayList<>(p.outer());
          axes.addAll(p.rows());
          axes.addAll(p.columns());
          values.bindDigits(axes, at);
          values.store(p.target(), sum);
          values.close();
        });
  }
}
