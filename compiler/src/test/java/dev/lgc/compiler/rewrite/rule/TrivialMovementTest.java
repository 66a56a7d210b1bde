package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Pad;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class TrivialMovementTest extends RuleTest {
  TrivialMovementTest() {
    super(new TrivialMovement());
  }

  @Test
  void whatMovesNothingGoes() {
    rewrites(x -> b.reshape(x, 2, 3), X);
    rewrites(x -> b.broadcast(x, Shape.of(2, 3)), X);
    rewrites(x -> b.transpose(x, 0, 1), X);
    rewrites(x -> b.slice(x, 1, 0, 3), X);
    rewrites(x -> b.add(new Pad(List.of(0, 0), List.of(0, 0), 0), x), X);
    rewrites(x -> b.cast(x, DType.F32), X);
  }

  @Test
  void aTranspositionOfAxesOfSizeOneIsAReshape() {
    rewrites(
        x -> b.transpose(b.reshape(x, 2, 1, 3), 1, 0, 2),
        "%0 = input x : [2, 3]\n%1 = reshape [2, 1, 3] %0 : [2, 1, 3]\n"
            + "%2 = reshape [1, 2, 3] %1 : [1, 2, 3]\noutput y = %2");
  }

  @Test
  void aCastThatLosesSomethingStays() {
    leaves(x -> b.cast(b.cast(x, DType.BF16), DType.F32));
    leaves(x -> b.transpose(x, 1, 0));
  }
}
