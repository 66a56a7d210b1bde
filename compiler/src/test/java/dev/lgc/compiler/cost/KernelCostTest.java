package dev.lgc.compiler.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.product.Contractions;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class KernelCostTest {
  private static final Axis ROW = new Axis(0, 4);
  private static final Axis COLUMN = new Axis(1, 6);
  private static final Axis INNER = new Axis(2, 8);

  private static Scalar at(Axis row, int width, Axis column) {
    return Scalar.of(row).times(Scalar.i32(width)).plus(Scalar.of(column));
  }

  private static Scalar load(int buffer, Scalar index) {
    return new Scalar.Load(buffer, DType.F32, List.of(index));
  }

  private static Buffer buffer(long elements, Buffer.Access access) {
    return new Buffer(DType.F32, elements, access);
  }

  /** Stores a value for each row and column in the last buffer, summed up along some axes. */
  private static Kernel kernel(String name, List<Axis> summed, Scalar value, Buffer... buffers) {
    Reducer reducer = summed.isEmpty() ? Reducer.NONE : Reducer.SUM;
    Stage.Target to = new Stage.Target.Store(buffers.length - 1, at(ROW, 6, COLUMN));
    return new Kernel(
        name,
        List.of(buffers),
        List.of(ROW, COLUMN),
        List.of(new Stage(to, List.of(), summed, reducer, value)));
  }

  @Test
  void aContractionCostsTwoOperationsAProductAndEachMatrixOnce() {
    Scalar product = load(0, at(ROW, 8, INNER)).times(load(1, at(COLUMN, 8, INNER)));
    Kernel k =
        kernel(
            "contract",
            List.of(INNER),
            product,
            buffer(32, Buffer.Access.READ),
            buffer(48, Buffer.Access.READ),
            buffer(24, Buffer.Access.WRITE));
    assertEquals(
        new Cost(2 * 4 * 6 * 8, 2 * 4 * 6 * 8, 0, 4 * (32 + 48 + 24), 0, 1), KernelCost.of(k));
  }

  @Test
  void productsOfBf16AreCountedApartAndMayBeFaster() {
    Kernel k = Contractions.einsum("mk,nk->mn", Map.of('m', 4, 'n', 6, 'k', 8));
    Cost cost = KernelCost.of(Contractions.ofBf16(k));
    long operations = 2 * 4 * 6 * 8;
    assertEquals(new Cost(operations, operations, operations, 2 * (32 + 48) + 4 * 24, 0, 1), cost);
    assertEquals(operations / 200.0, new Limits(100, 200, 1e12, 1e12, 0).seconds(cost));
    assertEquals(operations / 100.0, new Limits(100, 200, 1e12, 1e12, 0).seconds(KernelCost.of(k)));
  }

  @Test
  void whatIsWrittenWhereItWasReadMayCostNoTimeOfItsOwn() {
    Scalar sum = load(0, at(ROW, 6, COLUMN)).plus(load(1, at(ROW, 6, COLUMN)));
    Kernel k =
        kernel(
            "add",
            List.of(),
            sum,
            buffer(24, Buffer.Access.READ),
            buffer(24, Buffer.Access.READ_WRITE));
    Cost cost = KernelCost.of(k);
    assertEquals(new Cost(24, 0, 0, 4 * (24 + 24 + 24), 4 * 24, 1), cost);
    // Reads alone at 96 bytes a second; both ways at as many, at half more, and at twice as many.
    assertEquals(3, new Limits(1e12, 1e12, 96, 96, 0).seconds(cost), 1e-9);
    assertEquals(2 + 1.0 / 3, new Limits(1e12, 1e12, 96, 144, 0).seconds(cost), 1e-9);
    assertEquals(2, new Limits(1e12, 1e12, 96, 192, 0).seconds(cost), 1e-9);
    assertEquals(2, new Limits(1e12, 1e12, 96, 300, 0).seconds(cost), 1e-9);
  }

  @Test
  void choosingAConstantByPositionCostsNothing() {
    Scalar even = Scalar.apply(Function.EQ, Scalar.of(ROW), Scalar.i32(0));
    Scalar factor = Scalar.apply(Function.SELECT, even, Scalar.f32(2), Scalar.f32(-1));
    Kernel k =
        kernel(
            "rows",
            List.of(),
            load(0, at(ROW, 6, COLUMN)).times(factor),
            buffer(24, Buffer.Access.READ),
            buffer(24, Buffer.Access.WRITE));
    assertEquals(24, KernelCost.of(k).operations());
  }

  @Test
  void theGradientOfAStridedConvolutionCostsNoProductsWithZero() {
    Kernel k = Contractions.Convolution.square(1, 3, 8, 5, 4, 2, 1).imageGradient();
    assertEquals(2L * (3 * 8 * 8) * (5 * 2 * 2), KernelCost.of(k).operations());
  }

  @Test
  void aLookupReadsTheRowsItNeedsAndNotTheTable() {
    Scalar code = new Scalar.Load(1, DType.I32, List.of(Scalar.of(ROW)));
    Scalar value = load(0, code.times(Scalar.i32(6)).plus(Scalar.of(COLUMN)));
    Kernel k =
        kernel(
            "gather",
            List.of(),
            value,
            buffer(6 * 16384, Buffer.Access.READ),
            new Buffer(DType.I32, 4, Buffer.Access.READ),
            buffer(24, Buffer.Access.WRITE));
    assertEquals(new Cost(0, 0, 0, 4 * (24 + 4 + 24), 0, 1), KernelCost.of(k));
  }

  @Test
  void aSumOverMatchesVisitsEachPositionOnce() {
    Axis table = new Axis(3, 100);
    Axis position = new Axis(4, 32);
    Scalar label = new Scalar.Load(0, DType.I32, List.of(Scalar.of(position)));
    Scalar gradient = load(1, at(position, 6, COLUMN));
    Scalar zero = Scalar.f32(0);
    Kernel k =
        new Kernel(
            "scatteradd",
            List.of(
                new Buffer(DType.I32, 32, Buffer.Access.READ),
                buffer(32 * 6, Buffer.Access.READ),
                buffer(600, Buffer.Access.WRITE)),
            List.of(table, COLUMN),
            List.of(
                new Stage(
                    new Stage.Target.Store(2, at(table, 6, COLUMN)),
                    List.of(),
                    List.of(position),
                    Reducer.SUM,
                    Scalar.apply(
                        Function.SELECT,
                        Scalar.apply(Function.EQ, label, Scalar.of(table)),
                        gradient,
                        zero))));
    Cost cost = KernelCost.of(k);
    assertEquals(2 * 32 * 6, cost.operations());
  }
}
