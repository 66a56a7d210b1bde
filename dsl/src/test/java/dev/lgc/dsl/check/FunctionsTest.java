package dev.lgc.dsl.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage.Init;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries of functions, and their static meaning in full precision. */
@Tag("pure")
class FunctionsTest {
  @Test
  void signaturesSayWhatMayBeLeftOut() {
    LanguageFunction pool = Functions.byName().get("max_pool2d");
    assertEquals("max_pool2d(x, kernel, stride: kernel, padding: 0)", pool.usage());
    assertEquals("max_pool2d(x, kernel, stride?, padding?)", pool.signature().toString());
    assertEquals(List.of(false, false, true, true), optional(pool));
    assertEquals("min(a, b?, axis?, keep: false)", Functions.byName().get("min").usage());
  }

  private static List<Boolean> optional(LanguageFunction f) {
    return f.parameters().stream().map(FunctionSignature.Parameter::optional).toList();
  }

  @Test
  void standardValuesAreLiteralsOrParameters() {
    Functions.families().stream()
        .flatMap(family -> family.functions().stream())
        .forEach(FunctionsTest::checkStandards);
  }

  private static void checkStandards(LanguageFunction f) {
    Set<String> names = new HashSet<>(Set.of("none", "true", "false"));
    f.parameters().forEach(p -> assertTrue(names.add(p.name()), f + " has " + p + " twice"));
    for (FunctionSignature.Parameter p : f.parameters()) {
      p.standard()
          .filter(s -> !names.contains(s))
          .ifPresent(s -> assertTrue(s.matches("-?\\d+(\\.\\d+)?"), f.toString()));
    }
  }

  /** By SciPy 1.17. */
  @ParameterizedTest
  @CsvSource({
    "1.0e-9, 1.1283791670955126e-09",
    "0.1, 0.1124629160182849",
    "0.5, 0.5204998778130465",
    "1.0, 0.8427007929497148",
    "2.0, 0.9953222650189527",
    "3.5, 0.9999992569016276",
    "5.0, 0.9999999999984626",
    "9.0, 1.0"
  })
  void theErrorFunctionOfStaticNumbers(String x, double expected) {
    assertEquals(expected, value("erf(" + x + ")"), 1.5e-15 * expected);
    assertEquals(-expected, value("erf(-" + x + ")"), 1.5e-15 * expected);
  }

  @Test
  void clampKeepsIntsInts() {
    assertEquals(3, value("if clamp(7, 0, 3) == 3 and clamp(7, 0, 3) / 2 == 1 then 3.0 else 0.0"));
    assertEquals(0.5, value("clamp(-inf, 0.5, 2)"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exp(none)",
        "round_up(4, none)",
        "clamp(1.0, 2.0, 0.5)",
        "clamp([1.0], 0.0, 1.0)",
        "clamp(1.0, \"0\", 1.0)"
      })
  void mistakesAreSaid(String expression) {
    Outcome<CheckedModel> m = elaborated(expression);
    assertTrue(!m.isOk(), expression);
    List<Diagnostic> found = m.diagnostics();
    assertEquals(1, found.size(), found.toString());
  }

  private static double value(String expression) {
    CheckedModel m = elaborated(expression).get();
    return ((Init.Constant) m.storage().getFirst().init()).value();
  }

  private static Outcome<CheckedModel> elaborated(String expression) {
    return Language.parse("f.arch", "model F() { param w: [1] = constant(" + expression + ") }")
        .then(l -> l.elaborate("F", Map.of(), Map.of()));
  }
}
