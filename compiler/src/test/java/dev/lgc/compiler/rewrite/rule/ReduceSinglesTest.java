package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.algorithm.Reducer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class ReduceSinglesTest extends RuleTest {
  ReduceSinglesTest() {
    super(new ReduceSingles());
  }

  @Test
  void axesOfSizeOneAreNotReduced() {
    rewrites(
        x -> b.reduce(Reducer.MAX, b.reshape(x, 2, 1, 3), List.of(1, 2)),
        "%0 = input x : [2, 3]\n%1 = reshape [2, 1, 3] %0 : [2, 1, 3]\n"
            + "%2 = reshape [2, 3] %1 : [2, 3]\n%3 = max [1] %2 : [2]\noutput y = %3");
  }

  @Test
  void otherAxesAre() {
    leaves(x -> b.reduce(Reducer.MAX, x, List.of(1)));
  }
}
