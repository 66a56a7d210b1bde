package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * A contraction whose sums are divided into parts (split-K), for results of too few tiles to keep a
 * device busy.
 *
 * <pre>
 * c[i, j] = Σ a[i, k] b[k, j]   →  part[p, i, j] = Σ over the k of part p   by {@link TiledWriter}
 *                                  c[i, j] = Σ part[p, i, j], p ascending   by a task of its own
 * </pre>
 */
final class SplitKWriter {
  private SplitKWriter() {}

  /**
   * Stores an element of a part.
   *
   * @param index pushes its place among the elements of all parts
   */
  static void storePart(
      TaskMethod method, ExpressionWriter values, Runnable index, DeviceOperand v) {
    method.workspace().get(DType.F32).store(method.code(), index, values.pusher(v));
  }

  /** Writes the task that adds the parts, in their order: an item per element of the result. */
  static void writeSum(TaskMethod method, DeviceSchedule.Tiled schedule) {
    SumOfProducts p = SumOfProducts.of(method.kernel()).orElseThrow();
    DeviceCode code = method.code();
    ExpressionWriter values = method.expressions();
    int elements = Math.toIntExact(schedule.elements());
    DeviceOperand at = method.id("globalIdx");
    code.ifBelow(
        ((DeviceOperand.Variable) at).variable(),
        elements,
        () -> {
          values.open();
          code.b.fconst_0();
          DeviceOperand.Variable sum = values.save("sum", DType.F32);
          code.loop(
              "part",
              code.b::iconst_0,
              schedule.parts(),
              1,
              part -> {
                values.push(sum);
                method
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
          List<Axis> axes = new ArrayList<>(p.outer());
          axes.addAll(p.rows());
          axes.addAll(p.columns());
          values.bindDigits(axes, at);
          values.store(p.target(), sum);
          values.close();
        });
  }
}
