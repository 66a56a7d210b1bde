package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.io.BadInputException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who a class is. */
@Tag("pure")
final class ClassNamesTest {
  private static ClassNames names(String... names) {
    return new ClassNames(List.of(names));
  }

  @Test
  void aCheckpointKeepsNamesToTheLetter() {
    ClassNames all = names("a, b", "", " 7", "\"q\"", "猫", "line\nbreak", "e\u0301", "\u00e9");
    assertEquals(all, ClassNames.of(all.facts()));
    assertFalse(ClassNames.of(Map.of()).known());
  }

  @Test
  void oldCheckpointsAreRead() {
    Map<String, String> old = Map.of("classes", "cat,dog");
    assertEquals(names("cat", "dog"), ClassNames.of(old));
    assertTrue(names("cat", "dog").agreesWith(old));
    assertFalse(names("bird", "cat", "dog").agreesWith(old));
    // A comma in a name was not told from one between names.
    assertTrue(names("a, b", "z").agreesWith(Map.of("classes", "a, b,z")));
    assertTrue(names("cat").agreesWith(Map.of("classes", "")));
    assertTrue(names("cat").agreesWith(Map.of()));
  }

  @Test
  void aDifferenceSaysWhatWasAddedIsGoneAndHasMoved() {
    assertEquals("", names("a", "b").differenceFrom(names("a", "b")));
    assertEquals(
        "added `bird` (class 0); gone `eel` (class 2);"
            + " moved `cat` (class 0, now 1), `dog` (class 1, now 2)",
        names("bird", "cat", "dog").differenceFrom(names("cat", "dog", "eel")));
  }

  @Test
  void newClassesComeAfterThoseThatHaveNumbers() {
    ClassNames then = names("cat", "dog");
    ClassNames now = names("bird", "cat", "eel", "dog");
    assertEquals(names("cat", "dog", "bird", "eel"), now.after(then));
    assertArrayEquals(new int[] {2, 0, 3, 1}, now.in(now.after(then)));
    assertArrayEquals(new int[] {-1, 0, -1, 1}, now.in(then));
  }

  @Test
  void twoClassesOfOneNameAreRefused() {
    assertThrows(BadInputException.class, () -> names("cat", "cat"));
  }
}
