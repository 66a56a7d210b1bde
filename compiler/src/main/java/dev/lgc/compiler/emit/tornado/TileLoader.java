package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
import java.util.List;

/**
 * Brings tiles of a contraction's factors to the local memory of a work-group.
 *
 * <pre>
 * a[row + r, from + k], r &lt; tile rows, k &lt; depth   →  tileA[k (tile rows + 1) + r]
 * </pre>
 *
 * <p>The items take turns, and neighbouring items read neighbours in memory. Beyond the factor's
 * ends there are zeros.
 */
final class TileLoader {
  private final ExpressionWriter values;
  private final DeviceCode code;
  private final SumOfProducts product;
  private final DeviceSchedule.Tiled schedule;
  private final int depthCount;

  TileLoader(ExpressionWriter values, SumOfProducts product, DeviceSchedule.Tiled schedule) {
    this.values = values;
    this.code = values.code;
    this.product = product;
    this.schedule = schedule;
    depthCount = Math.toIntExact(product.depthCount());
  }

  /**
   * A factor of the contraction, and its tile.
   *
   * @param axes its rows or columns
   * @param count positions on those
   * @param first position that the group's tile begins with
   * @param size positions of a tile
   */
  record Side(
      Scalar factor, List<Axis> axes, int count, DeviceOperand first, int size, MemRef.Array tile) {
    boolean isWhole() {
      return count % size == 0;
    }
  }

  /** Depth of a part, in whole tiles. */
  int partDepth() {
    return Math.ceilDiv(Math.ceilDiv(depthCount, schedule.parts()), schedule.depth())
        * schedule.depth();
  }

  /**
   * Brings a factor's tile to local memory.
   *
   * @param item the number of this item in its group
   * @param from position of the sum that the tile begins with
   */
  void load(Side side, DeviceOperand item, DeviceOperand from) {
    boolean alongDepth =
        !SumOfProducts.isDense(side.factor, side.axes)
            || SumOfProducts.isDense(side.factor, product.depth());
    int fast = alongDepth ? schedule.depth() : side.size;
    int slow = alongDepth ? side.size : schedule.depth();
    int step = schedule.items() / fast;
    for (int i = 0; i * step < slow; i++) {
      values.open();
      DeviceOperand near = values.digit("digit", item, 1, fast);
      values.push(item);
      code.b.loadConstant(fast);
      code.b.idiv();
      code.b.loadConstant(i * step);
      code.b.iadd();
      DeviceOperand far = values.save("far", DType.I32);
      load(side, from, alongDepth ? near : far, alongDepth ? far : near);
      values.close();
    }
  }

  private void load(Side side, DeviceOperand from, DeviceOperand k, DeviceOperand position) {
    DeviceOperand depth = values.add(from, k, "k");
    DeviceOperand at = values.add(side.first, position, "at");
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
    DeviceOperand v = values.save("v", DType.F32);
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
  private void below(Functions f, DeviceOperand v, int limit) {
    f.compare(Function.LT, DType.I32, values.pusher(v), () -> code.b.loadConstant(limit));
    code.b.iand();
  }
}
