package dev.lgc.compiler.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Positions are computed in 32 bits, unless they only add up to an address. */
@Tag("pure")
final class WideIndexesTest {
  private static final Axis ROW = new Axis(0, 70_000);
  private static final Axis COLUMN = new Axis(1, 70_000);

  private static Scalar i32(Function f, Scalar... operands) {
    return new Scalar.Apply(f, DType.I32, List.of(operands));
  }

  private static Scalar number(int value) {
    return Scalar.i32(value);
  }

  private static Scalar linear(Scalar row) {
    return i32(Function.ADD, i32(Function.MUL, row, number(70_000)), new Scalar.AxisIndex(COLUMN));
  }

  private static Scalar label() {
    return new Scalar.Load(0, DType.I32, List.of(new Scalar.AxisIndex(ROW)));
  }

  /** The largest position of a kernel that stores elements of a table at {@code index}. */
  private static Optional<Long> widest(Scalar index) {
    Kernel kernel =
        new Kernel(
            "k",
            List.of(
                new Buffer(DType.I32, 70_000, Buffer.Access.READ),
                new Buffer(DType.F32, 70_000L * 70_000, Buffer.Access.READ),
                new Buffer(DType.F32, 70_000L * 70_000, Buffer.Access.WRITE)),
            List.of(ROW, COLUMN),
            List.of(
                new Stage(
                    new Stage.Target.Store(2, linear(new Scalar.AxisIndex(ROW))),
                    List.of(),
                    List.of(),
                    Reducer.NONE,
                    new Scalar.Load(1, DType.F32, List.of(index)))));
    return WideIndexes.of(kernel).map(Interval::high);
  }

  @Test
  void addressesAreOf64Bits() {
    assertEquals(Optional.empty(), widest(linear(new Scalar.AxisIndex(ROW))));
    Scalar row = i32(Function.CHECK_INDEX, label(), number(70_000));
    assertEquals(Optional.empty(), widest(linear(row)));
  }

  @Test
  void whatIsTakenApartAgainIsOf32Bits() {
    Optional<Long> last = Optional.of(70_000L * 70_000 - 1);
    Scalar at = linear(new Scalar.AxisIndex(ROW));
    assertEquals(last, widest(i32(Function.DIV, at, number(3))));
    assertEquals(last, widest(i32(Function.MIN, at, number(9))));
    assertEquals(last, widest(i32(Function.MAX, number(9), at)));
    Scalar first =
        new Scalar.Apply(Function.LT, DType.BOOL, List.of(new Scalar.AxisIndex(ROW), number(7)));
    assertEquals(last, widest(i32(Function.SELECT, first, at, number(9))));
    // Rows that are chosen by data too, once they are known to be rows.
    Scalar row = i32(Function.CHECK_INDEX, label(), number(70_000));
    assertEquals(last, widest(i32(Function.MOD, linear(row), number(99))));
  }

  @Test
  void boundsOfBothSidesAreKnown() {
    Scalar near = i32(Function.MIN, new Scalar.AxisIndex(ROW), number(9));
    assertEquals(Optional.empty(), widest(i32(Function.DIV, linear(near), number(3))));
    Scalar far = i32(Function.MAX, new Scalar.AxisIndex(ROW), number(9));
    assertEquals(
        Optional.of(70_000L * 70_000 - 1), widest(i32(Function.DIV, linear(far), number(3))));
  }

  @Test
  void numbersInMemoryAreTheUsersAndWrap() {
    assertEquals(Optional.empty(), widest(i32(Function.MOD, linear(label()), number(99))));
  }

  @Test
  void intervalsDoNotWrap() {
    Axis axis = new Axis(0, Integer.MAX_VALUE);
    Scalar at = new Scalar.AxisIndex(axis);
    for (int i = 0; i < 4; i++) {
      at = i32(Function.MUL, at, number(Integer.MAX_VALUE));
    }
    Scalar sum = i32(Function.ADD, at, new Scalar.AxisIndex(axis));
    assertEquals(Long.MAX_VALUE, Interval.of(Affine.of(sum)).high());
  }
}
