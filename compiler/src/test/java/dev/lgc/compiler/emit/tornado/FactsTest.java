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
final class FactsTest {
  private final Expressions expressions = new Expressions();
  private final Facts facts = new Facts(expressions);
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
    facts.open(less(i, i32(4)), false);
    assertEquals(Optional.of(true), facts.known(atMost(i32(4), i)));
    assertEquals(Optional.of(true), facts.known(less(i32(0), i.minus(i32(3)))));
    assertEquals(Optional.of(false), facts.known(less(i.times(i32(2)), i32(8))));
    assertEquals(Optional.empty(), facts.known(less(i, i32(5))));
    assertEquals(Optional.empty(), facts.known(less(j, i32(4))));
    facts.close();
    assertEquals(Optional.empty(), facts.known(atMost(i32(4), i)));
  }

  @Test
  void boundsOfNestedBranchesMeet() {
    facts.open(atMost(i32(3), i), true);
    facts.open(less(i, i32(9)), true);
    assertEquals(Optional.of(true), facts.known(atMost(i, i32(8))));
    assertEquals(Optional.of(false), facts.known(less(i, i32(3))));
    assertEquals(Optional.of(false), facts.known(atMost(i32(9), i)));
    facts.close();
    facts.close();
  }

  @Test
  void conjunctionsThatHoldAndDisjunctionsThatDoNotSayBothParts() {
    Scalar both = expressions.unique(Scalar.apply(Function.AND, less(i, j), less(j, i32(7))));
    facts.open(both, true);
    assertEquals(Optional.of(true), facts.known(less(i, j)));
    assertEquals(Optional.of(false), facts.known(less(i32(6), j)));
    facts.close();
    Scalar either =
        expressions.unique(
            Scalar.apply(Function.OR, less(i, j), Scalar.apply(Function.NOT, less(j, i32(7)))));
    facts.open(either, false);
    assertEquals(Optional.of(false), facts.known(less(i, j)));
    assertEquals(Optional.of(true), facts.known(less(j, i32(7))));
    facts.close();
  }
}
