package dev.lgc.compiler.emit.tornado;

import static dev.lgc.compiler.algorithm.Scalar.i32;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a branch says about the tests inside of it. */
@Tag("pure")
final class PathConditionsTest {
  private final Expressions expressions = new Expressions();
  private final PathConditions conditions = new PathConditions(expressions);
  private final Scalar i = Scalar.of(new Axis(0, 100));
  private final Scalar j = Scalar.of(new Axis(1, 100));

  private Scalar less(Scalar x, Scalar y) {
    return expressions.unique(Scalar.apply(Function.LT, x, y));
  }

  private Scalar atMost(Scalar x, Scalar y) {
    return expressions.unique(Scalar.apply(Function.LE, x, y));
  }

  @Test
  void aBoundDecidesWeakerAndContraryTests() {
    conditions.open(less(i, i32(4)), false);
    assertEquals(Optional.of(true), conditions.known(atMost(i32(4), i)));
    assertEquals(Optional.of(true), conditions.known(less(i32(0), i.minus(i32(3)))));
    assertEquals(Optional.of(false), conditions.known(less(i.times(i32(2)), i32(8))));
    assertEquals(Optional.empty(), conditions.known(less(i, i32(5))));
    assertEquals(Optional.empty(), conditions.known(less(j, i32(4))));
    conditions.close();
    assertEquals(Optional.empty(), conditions.known(atMost(i32(4), i)));
  }

  @Test
  void boundsOfNestedBranchesMeet() {
    conditions.open(atMost(i32(3), i), true);
    conditions.open(less(i, i32(9)), true);
    assertEquals(Optional.of(true), conditions.known(atMost(i, i32(8))));
    assertEquals(Optional.of(false), conditions.known(less(i, i32(3))));
    assertEquals(Optional.of(false), conditions.known(atMost(i32(9), i)));
    conditions.close();
    conditions.close();
  }

  @Test
  void conjunctionsThatHoldAndDisjunctionsThatDoNotSayBothParts() {
    Scalar both = expressions.unique(Scalar.apply(Function.AND, less(i, j), less(j, i32(7))));
    conditions.open(both, true);
    assertEquals(Optional.of(true), conditions.known(less(i, j)));
    assertEquals(Optional.of(false), conditions.known(less(i32(6), j)));
    conditions.close();
    Scalar either =
        expressions.unique(
            Scalar.apply(Function.OR, less(i, j), Scalar.apply(Function.NOT, less(j, i32(7)))));
    conditions.open(either, false);
    assertEquals(Optional.of(false), conditions.known(less(i, j)));
    assertEquals(Optional.of(true), conditions.known(less(j, i32(7))));
    conditions.close();
  }
}
