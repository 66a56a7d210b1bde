package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.StopGradient;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class DropStopGradientTest extends RuleTest {
  DropStopGradientTest() {
    super(new DropStopGradient());
  }

  @Test
  void aStoppedGradientIsTheValue() {
    rewrites(x -> b.add(new StopGradient(), x), X);
  }
}
