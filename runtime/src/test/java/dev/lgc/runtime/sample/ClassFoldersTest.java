package dev.lgc.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.data.ClassNames;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where --images-out puts the pictures of a class. */
@Tag("pure")
final class ClassFoldersTest {
  @TempDir private Path dir;

  private static List<String> folders(String... names) {
    ClassFolders f = new ClassFolders(new ClassNames(List.of(names)));
    return IntStream.range(0, names.length).mapToObj(f::of).toList();
  }

  @Test
  void usualNamesAreKept() {
    List<String> names = List.of("a, b", "z", "猫", "it's #1", "100%", "7");
    assertEquals(names, folders(names.toArray(String[]::new)));
  }

  @Test
  void noNameLeadsElsewhere() {
    assertEquals(
        List.of("%2E%2E", "%2E.%2Fup", "%2Fetc", "a%5Cb", "x%2E", "%20y", "%252F", "%4E%55%4C"),
        folders("..", "../up", "/etc", "a\\b", "x.", " y", "%2F", "NUL"));
    assertTrue(folders("猫".repeat(100)).getFirst().length() < 100);
  }

  @Test
  void classesOfOneNameButForItsCaseHaveFoldersThatDifferInMore() {
    assertEquals(List.of("Cat", "%63%61%74"), folders("Cat", "cat"));
    assertEquals(2, Set.copyOf(folders("e\u0301", "\u00e9")).size());
  }

  @Test
  void aClassWithoutANameHasItsNumber() {
    ClassFolders named = new ClassFolders(new ClassNames(List.of("2", "b")));
    assertEquals("3", named.of(3));
    assertEquals("%00class-2", named.of(2));
    assertEquals("207", new ClassFolders(ClassNames.UNKNOWN).of(207));
  }

  @Test
  void differentClassesHaveDifferentFoldersThatCanBeMade() throws Exception {
    long seed = Long.getLong("lgc.seed", System.nanoTime());
    Random random = new Random(seed);
    String letters = "aA%/25fF. \\\0:é\u0301e";
    for (int round = 0; round < 50; round++) {
      Set<String> names = new LinkedHashSet<>();
      while (names.size() < 20) {
        names.add(
            random
                .ints(1 + random.nextInt(4), 0, letters.length())
                .mapToObj(i -> letters.substring(i, i + 1))
                .collect(Collectors.joining()));
      }
      List<String> made = new ArrayList<>(folders(names.toArray(String[]::new)));
      String what = "seed " + seed + ": " + names + " in " + made;
      assertEquals(20, made.stream().map(f -> f.toLowerCase(Locale.ROOT)).distinct().count(), what);
      for (String folder : made) {
        Path at = dir.resolve(String.valueOf(round)).resolve(folder);
        assertEquals(dir.resolve(String.valueOf(round)), at.normalize().getParent(), what);
        Files.createDirectories(at);
      }
    }
  }
}
