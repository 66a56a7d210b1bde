package dev.lgc.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What users write after --class, --class-file and --class-index. */
@Tag("pure")
final class ClassListTest {
  private static ClassList of(String... names) {
    return new ClassList(new ClassNames(List.of(names)), 20);
  }

  private static void means(ClassList classes, String text, int... labels) {
    assertArrayEquals(labels, classes.parse(text), text);
  }

  private static BadInputException refused(ClassList classes, String text) {
    return assertThrows(BadInputException.class, () -> classes.parse(text), text);
  }

  @Test
  void namesNumbersAndRanges() {
    means(of("cat", "dog", "ant", "bee"), "3, 0-2,dog", 3, 0, 1, 2, 1);
    means(of("cat", "dog"), "1", 1);
  }

  @Test
  void anyNameCanBeAskedFor() {
    ClassList c =
        of("a, b", " z", "it's", "\"so\"", "#1", "007", "..", "x.", "tab\there", "7-up", "", "ø");
    means(c, "a, b", 0);
    means(c, "'a, b',\" z\"", 0, 1);
    means(c, " z", 1);
    means(c, "it's", 2);
    means(c, "'it''s'", 2);
    means(c, "\"\"\"so\"\"\"", 3);
    means(c, "\"so\"", 3);
    means(c, "#1,007,..,x.,tab\there,7-up", 4, 5, 6, 7, 8, 9);
    means(c, "ø,a, b,ø", 11, 0, 11);
  }

  @Test
  void whatMayMeanTwoThingsIsRefusedWithBoth() {
    ClassList numbered = of("1", "10", "2");
    String said = refused(numbered, "1").getMessage();
    assertTrue(said.contains("class 0 (`1`); or class 1 (`10`)"), said);
    assertTrue(said.contains("--class-index 0 or --class-index 1"), said);
    means(numbered, "\"1\"", 0);
    means(numbered, "10", 1);
    // A range means what its numbers mean.
    assertTrue(refused(numbered, "0-1").getMessage().contains("two things"));
    means(numbered, "2", 2);
    refused(of("a", "b", "a,b"), "a,b");
    means(of("a", "b", "a,b"), "\"a,b\"", 2);
    refused(of("a", " a"), " a");
    refused(of("x", "0-1"), "0-1");
    refused(of("0-1", "x"), "x,0-1");
  }

  @Test
  void digitsThatAreNamedAsTheyAreNumberedAreClear() {
    ClassList digits = of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    means(digits, "7,0-2,'3'", 7, 0, 1, 2, 3);
  }

  @Test
  void whatIsNoClassIsRefusedWithWhatIsNear() {
    ClassList c = of("cat", "dog");
    assertTrue(refused(c, "dog,cta").getMessage().contains("did you mean cat?"));
    assertTrue(refused(c, "'cta',dog").getMessage().contains("class `'cta'`"));
    assertTrue(refused(c, "01").getMessage().contains("class number 1 is written `1`"));
    assertTrue(refused(c, "cat,").getMessage().contains("before or after a comma"));
    assertTrue(refused(c, "1-0").getMessage().contains("lower number first"));
    assertTrue(refused(c, "999999999").getMessage().contains("0 to 19"));
    assertTrue(refused(c, "0-999999999").getMessage().contains("0 to 19"));
  }

  @Test
  void aClassThatWasNeverTrainedIsNotDrawnByMistake() {
    ClassList c = of("cat", "dog");
    String said = refused(c, "7").getMessage();
    assertTrue(said.contains("trained on 2 classes") && said.contains("--class-index 7"), said);
    refused(c, "0-7");
    assertArrayEquals(new int[] {7, 0, 1}, c.numbered("7, 0-1"));
    assertEquals(List.of(7), c.untrained(7, 1, 7));
    assertThrows(BadInputException.class, () -> c.numbered("20"));
    assertThrows(BadInputException.class, () -> c.numbered("cat"));
    assertArrayEquals(new int[] {0, 1}, c.all());
  }

  @Test
  void weightsThatDoNotNameTheirClassesHaveNumbersOnly() {
    ClassList c = new ClassList(ClassNames.UNKNOWN, 1000);
    means(c, "207,360-361", 207, 360, 361);
    assertTrue(refused(c, "tench").getMessage().contains("a number below 1000"));
    assertEquals(16, c.all().length);
  }

  @Test
  void aFileHasANameInEachLine() {
    ClassList c = of("a, b", "7", "z");
    assertArrayEquals(new int[] {1, 0, 2}, c.named(List.of("7", "a, b", "", "z")));
    assertThrows(BadInputException.class, () -> c.named(List.of("0")));
    assertThrows(BadInputException.class, () -> c.named(List.of("")));
  }

  /** Whatever the names are, each of them in quotes is that class, in any order and company. */
  @Test
  void quotedNamesAlwaysMeanThemselves() {
    long seed = Long.getLong("lgc.seed", System.nanoTime());
    Random random = new Random(seed);
    String letters = "ab,'\"- 01#.";
    for (int round = 0; round < 300; round++) {
      List<String> names = new ArrayList<>();
      int count = 1 + random.nextInt(6);
      while (names.size() < count) {
        String name =
            random
                .ints(1 + random.nextInt(4), 0, letters.length())
                .mapToObj(i -> letters.substring(i, i + 1))
                .collect(Collectors.joining());
        // A name that is itself a quoted text cannot be told from that text.
        if (!names.contains(name) && !"'\"".contains(name.substring(0, 1))) {
          names.add(name);
        }
      }
      ClassList c = new ClassList(new ClassNames(names), count);
      List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
      Collections.shuffle(order, random);
      String text =
          order.stream()
              .map(i -> "\"" + names.get(i).replace("\"", "\"\"") + "\"")
              .collect(Collectors.joining(","));
      int[] labels = order.stream().mapToInt(Integer::intValue).toArray();
      assertArrayEquals(labels, c.parse(text), "seed " + seed + ": " + names + " as " + text);
    }
  }
}
