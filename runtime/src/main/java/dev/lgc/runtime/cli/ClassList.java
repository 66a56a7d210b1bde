package dev.lgc.runtime.cli;

import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.runtime.io.BadInputException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Classes as users write them: {@code 3,7}, {@code 0-9}, {@code cat,dog}. */
final class ClassList {
  private static final Pattern RANGE = Pattern.compile("(\\d{1,9})-(\\d{1,9})");

  private ClassList() {}

  /**
   * The classes that {@code text} names; all of them if it is null.
   *
   * @param names of the classes; may be empty
   * @param classes how many there are
   */
  static int[] parse(String text, List<String> names, int classes) {
    if (text == null) {
      return IntStream.range(0, names.isEmpty() ? Math.min(classes, 16) : names.size()).toArray();
    }
    IntStream.Builder all = IntStream.builder();
    for (String part : text.split(",", -1)) {
      String word = part.strip();
      Matcher range = RANGE.matcher(word);
      if (names.contains(word)) {
        all.add(names.indexOf(word));
      } else if (word.matches("\\d{1,9}")) {
        all.add(below(Integer.parseInt(word), classes));
      } else if (range.matches()) {
        int last = below(Integer.parseInt(range.group(2)), classes);
        IntStream.rangeClosed(Integer.parseInt(range.group(1)), last).forEach(all::add);
      } else {
        List<String> near = NearNames.of(word, names);
        throw new BadInputException(
            "class `" + word + "`",
            names.isEmpty() ? "a number below " + classes : "one of " + String.join(", ", names),
            near.isEmpty() ? "" : "did you mean " + near.getFirst() + "?");
      }
    }
    int[] found = all.build().toArray();
    if (found.length == 0) {
      throw new BadInputException("no classes in `" + text + "`", "at least one", "");
    }
    return found;
  }

  private static int below(int label, int classes) {
    if (label >= classes) {
      throw new BadInputException("class " + label, "0 to " + (classes - 1), "");
    }
    return label;
  }
}
