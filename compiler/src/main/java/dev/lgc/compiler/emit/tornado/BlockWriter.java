package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Optional;

/**
 * Writes a product of matrices that is a stage of a group: an item computes a block of the result
 * at a time in registers, so that an element of a factor, once loaded, is used several times.
 * Neighbouring items compute neighbouring columns.
 */
final class BlockWriter {
  /** Rows, or columns, of a block at most. */
  private static final int MOST = 4;

  private final ExpressionWriter values;
  private final DeviceCode code;
  private final StageWriter stages;
  private final Stage stage;
  private final Block block;

  /**
   * The division of a product into blocks. A block's rows are {@code product.rowCount() / rows}
   * apart, and its columns likewise.
   */
  record Block(SumOfProducts product, int rows, int columns) {
    /** Blocks for the items of a group, where a stage is a product that has enough. */
    static Optional<Block> of(Kernel kernel, Stage s, int items) {
      if (s.reducer() != Reducer.SUM) {
        return Optional.empty();
      }
      return SumOfProducts.of(kernel, s)
          .filter(p -> p.outerCount() == 1 && s.value().dtype() == DType.F32)
          .map(p -> of(p, items))
          .filter(b -> b.rows * b.columns > 1);
    }

    private static Block of(SumOfProducts p, int items) {
      int rows = 1;
      int columns = 1;
      long results = p.rowCount() * p.columnCount();
      while (results / (2L * rows * columns) >= items) {
        boolean wider = grows(p.columnCount(), columns);
        if (grows(p.rowCount(), rows) && (rows <= columns || !wider)) {
          rows *= 2;
        } else if (wider) {
          columns *= 2;
        } else {
          break;
        }
      }
      return new Block(p, rows, columns);
    }

    private static boolean grows(long count, int side) {
      return side < MOST && count % (2L * side) == 0;
    }

    /** The number of blocks. */
    int count() {
      return rowsApart() * columnsApart();
    }

    int rowsApart() {
      return Math.toIntExact(product.rowCount() / rows);
    }

    int columnsApart() {
      return Math.toIntExact(product.columnCount() / columns);
    }
  }

  BlockWriter(ExpressionWriter values, StageWriter stages, Stage stage, Block block) {
    this.values = values;
    this.code = values.code;
    this.stages = stages;
    this.stage = stage;
    this.block = block;
  }

  /** The code for a block, by its number. */
  void write(DeviceOperand number) {
    DeviceOperand column = values.digit("column", number, 1, block.columnsApart());
    DeviceOperand row = values.digit("row", number, block.columnsApart(), block.rowsApart());
    DeviceOperand[] rows = positions(row, block.rows(), block.rowsApart());
    DeviceOperand[] columns = positions(column, block.columns(), block.columnsApart());
    DeviceOperand.Variable[][] sums = new DeviceOperand.Variable[rows.length][columns.length];
    for (DeviceOperand.Variable[] line : sums) {
      for (int j = 0; j < line.length; j++) {
        code.b.fconst_0();
        line[j] = values.save("sum", DType.F32);
      }
    }
    stages.loops(stage.reduction(), stage, () -> multiply(rows, columns, sums));
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        values.open();
        values.bindDigits(block.product().rows(), rows[i]);
        values.bindDigits(block.product().columns(), columns[j]);
        stages.store(stage, sums[i][j]);
        unbind(block.product().rows());
        unbind(block.product().columns());
        values.close();
      }
    }
  }

  private DeviceOperand[] positions(DeviceOperand first, int count, int apart) {
    DeviceOperand[] positions = new DeviceOperand[count];
    for (int i = 0; i < count; i++) {
      values.pushSum(first, i * apart);
      positions[i] = values.save("at", DType.I32);
    }
    return positions;
  }

  private void multiply(
      DeviceOperand[] rows, DeviceOperand[] columns, DeviceOperand.Variable[][] sums) {
    DeviceOperand[] x = new DeviceOperand[rows.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = factor(block.product().a(), block.product().rows(), rows[i]);
    }
    for (int j = 0; j < columns.length; j++) {
      DeviceOperand y = factor(block.product().b(), block.product().columns(), columns[j]);
      for (int i = 0; i < x.length; i++) {
        values.addProduct(sums[i][j], x[i], y);
      }
    }
  }

  private DeviceOperand factor(Scalar factor, List<Axis> axes, DeviceOperand at) {
    values.open();
    values.bindDigits(axes, at);
    values.push(values.value(factor));
    unbind(axes);
    values.close();
    return values.save("x", DType.F32);
  }

  private void unbind(List<Axis> axes) {
    axes.forEach(values::unbind);
  }
}
