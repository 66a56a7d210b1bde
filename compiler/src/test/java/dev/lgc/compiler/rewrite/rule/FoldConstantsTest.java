package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.op.Exp;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class FoldConstantsTest extends RuleTest {
  FoldConstantsTest() {
    super(new FoldConstants());
  }

  @Test
  void anElementwiseOpOfConstantsIsAConstant() {
    rewrites(x -> b.mul(constant(2), constant(3)), "%0 = fill 6.0 : [2, 3]\noutput y = %0");
  }

  @Test
  void whatIsNotConstantStays() {
    leaves(x -> b.plus(x, constant(3)));
    leaves(x -> b.add(new Exp(), x));
  }
}
