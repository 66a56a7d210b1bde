package dev.lgc.compiler.rewrite.rule;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class NeutralTest extends RuleTest {
  NeutralTest() {
    super(new Neutral());
  }

  @Test
  void neutralElementsGo() {
    rewrites(x -> b.plus(x, constant(0)), X);
    rewrites(x -> b.plus(constant(0), x), X);
    rewrites(x -> b.sub(x, constant(0)), X);
    rewrites(x -> b.mul(constant(1), x), X);
    rewrites(x -> b.div(x, constant(1)), X);
  }

  @Test
  void onlyOnTheSideWhereTheyAreNeutral() {
    leaves(x -> b.sub(constant(0), x));
    leaves(x -> b.div(constant(1), x));
    leaves(x -> b.mul(x, constant(0)));
  }
}
