package dev.lgc.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
final class NumberRangeTest {
  private static final NumberRange WHOLE = new NumberRange(true, 1, 8, false, false);
  private static final NumberRange SHARE = new NumberRange(false, 0, 1, true, false);

  @Test
  void boundsAreOfTheRangeUnlessTheyAreLeftOut() {
    assertTrue(WHOLE.holds("1"));
    assertTrue(WHOLE.holds("+8"));
    assertFalse(WHOLE.holds("0"));
    assertFalse(WHOLE.holds("9"));
    assertTrue(SHARE.holds("1e-300"));
    assertTrue(SHARE.holds(".5"));
    assertFalse(SHARE.holds("0"));
    assertFalse(SHARE.holds("1.0001"));
    assertEquals("a whole number from 1 to 8", WHOLE.words());
    assertEquals("a number above 0 and of at most 1", SHARE.words());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " 1",
        "1 ",
        "NaN",
        "Infinity",
        "-Infinity",
        "0x1p0",
        "1f",
        "1d",
        "1_0",
        "--1",
        "1,0",
        "\u0661",
        "\uff11",
        "1e",
        "e1",
        "."
      })
  void whatOnlyJavaReadsIsNoNumber(String text) {
    assertFalse(NumberRange.isNumber(text, true), text);
    assertFalse(NumberRange.isNumber(text, false), text);
  }

  @Test
  void numbersOfManyDigitsAreOutOfRangeAndNothingWorse() {
    NumberRange seeds = new NumberRange(true, 0, 0x1p63, false, true);
    assertTrue(seeds.holds("9223372036854775807"));
    assertFalse(seeds.holds("9223372036854775808"));
    assertFalse(seeds.holds("9".repeat(1000)));
    assertFalse(SHARE.holds("1e999999999"));
    assertFalse(SHARE.holds("1e-999999999"));
    assertEquals("a whole number of at least 0 and below 9223372036854775808", seeds.words());
  }

  @Test
  void everyNumberOfARunFileHasARange() {
    List<String> unbounded = new ArrayList<>();
    look(RunConfig.class, "", unbounded);
    assertEquals(List.of(), unbounded);
  }

  /** The type of one value of a key. */
  static Class<?> inner(RecordComponent c) {
    Type type = c.getGenericType();
    while (type instanceof ParameterizedType p) {
      type = p.getActualTypeArguments()[p.getActualTypeArguments().length - 1];
    }
    return (Class<?>) type;
  }

  private static boolean isBounded(Setting s) {
    return s.min() > Double.NEGATIVE_INFINITY && s.max() < Double.POSITIVE_INFINITY;
  }

  private static void look(Class<?> section, String at, List<String> unbounded) {
    for (RecordComponent c : section.getRecordComponents()) {
      Class<?> raw = inner(c);
      String key = at + Binder.key(c);
      if (raw.isRecord()) {
        look(raw, key + ".", unbounded);
      } else if (NumberRange.isNumber(raw) && !isBounded(c.getAnnotation(Setting.class))) {
        unbounded.add(key);
      }
    }
  }
}
