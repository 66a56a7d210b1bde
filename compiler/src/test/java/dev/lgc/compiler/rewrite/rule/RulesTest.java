package dev.lgc.compiler.rewrite.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
final class RulesTest {
  @ParameterizedTest
  @MethodSource("rules")
  void everyRuleHasATestOfItsOwn(Simplifier.Rule rule) throws ClassNotFoundException {
    Class<?> test = Class.forName(rule.getClass().getName() + "Test");
    assertEquals(RuleTest.class, test.getSuperclass());
  }

  static List<Simplifier.Rule> rules() {
    return Rules.ALL;
  }
}
