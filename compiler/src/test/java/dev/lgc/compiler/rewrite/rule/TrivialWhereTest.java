package dev.lgc.compiler.rewrite.rule;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class TrivialWhereTest extends RuleTest {
  TrivialWhereTest() {
    super(new TrivialWhere());
  }

  @Test
  void aWhereWithOneOutcomeIsThatOutcome() {
    rewrites(x -> b.where(b.less(x, constant(2)), x, x), X);
  }

  @Test
  void aWhereWithTwoOutcomesStays() {
    leaves(x -> b.where(b.less(x, constant(2)), x, constant(0)));
  }
}
