package dev.lgc.compiler.rewrite.rule;

import dev.lgc.dsl.type.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class MergeMovementsTest extends RuleTest {
  MergeMovementsTest() {
    super(new MergeMovements());
  }

  @Test
  void twoMovementsOfOneKindAreOne() {
    rewrites(
        x -> b.slice(b.slice(x, 1, 1, 3), 1, 0, 1),
        "%0 = input x : [2, 3]\n%1 = slice 1 1 2 %0 : [2, 1]\noutput y = %1");
    rewrites(
        x -> b.broadcast(b.broadcast(x, Shape.of(4, 2, 3)), Shape.of(5, 4, 2, 3)),
        "%0 = input x : [2, 3]\n%1 = broadcast [5, 4, 2, 3] %0 : [5, 4, 2, 3]\noutput y = %1");
    rewrites(
        x -> b.reshape(b.reshape(x, 6), 3, 2),
        "%0 = input x : [2, 3]\n%1 = reshape [3, 2] %0 : [3, 2]\noutput y = %1");
  }

  @Test
  void slicesOfDifferentAxesStay() {
    leaves(x -> b.slice(b.slice(x, 1, 1, 3), 0, 0, 1));
  }
}
