package dev.lgc.compiler.rewrite.rule;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class NegationsTest extends RuleTest {
  NegationsTest() {
    super(new Negations());
  }

  @Test
  void negationsThatCancelGo() {
    rewrites(x -> b.neg(b.neg(x)), X);
  }

  @Test
  void addingANegationIsASubtraction() {
    String difference = "%0 = input x : [2, 3]\n%1 = fill 2.0 : [2, 3]\n%2 = sub %1 %0 : [2, 3]";
    rewrites(x -> b.plus(constant(2), b.neg(x)), ordered(difference));
    rewrites(x -> b.plus(b.neg(x), constant(2)), ordered(difference));
  }

  private static String ordered(String nodes) {
    return nodes + "\noutput y = %2";
  }
}
