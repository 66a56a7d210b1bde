package dev.lgc.runtime.sample;

import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Classes as users write them after {@code --class}:
 *
 * <pre>
 * list  ::= item ("," item)*
 * item  ::= NAME              a class by its name, which may hold commas
 *         | "NAME" | 'NAME'   the same; a quote of that kind in it is doubled
 *         | N | N-M           classes by number, without leading zeros
 * </pre>
 *
 * <p>Spaces around an item do not count, unless they are in quotes. A list is read in every way
 * that this allows. Where two ways mean different classes, it is refused, and both are shown.
 */
public final class ClassList {
  private static final Pattern NUMBERS =
      Pattern.compile("(0|[1-9]\\d{0,8})(?:\\s*-\\s*(0|[1-9]\\d{0,8}))?");
  private static final Pattern QUOTED =
      Pattern.compile("\"((?:[^\"]|\"\")*)\"|'((?:[^']|'')*)'", Pattern.DOTALL);
  private static final Pattern ITEM =
      Pattern.compile("\\s*(?:" + QUOTED.pattern() + ")\\s*(?=,|$)|[^,]*", Pattern.DOTALL);

  private final ClassNames names;
  private final int classes;
  private final int trained;

  /**
   * @param names of the classes that the model was trained on, as far as they are known
   * @param classes how many the model has
   */
  public ClassList(ClassNames names, int classes) {
    this.names = names;
    this.classes = classes;
    this.trained = names.known() ? Math.min(classes, names.size()) : classes;
  }

  /** All that were trained; the first 16, if that is not known. */
  public int[] all() {
    return IntStream.range(0, names.known() ? trained : Math.min(classes, 16)).toArray();
  }

  /**
   * The classes that {@code text} means.
   *
   * @throws BadInputException if it means none, or may mean different ones
   */
  public int[] parse(String text) {
    String[] parts = text.split(",", -1);
    int longest = 1 + names.names().stream().mapToInt(ClassList::commas).max().orElse(0);
    // What the parts from i on may mean, in two ways at most: backwards, so that each is read once.
    List<List<List<Integer>>> rest = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      rest.add(new ArrayList<>());
    }
    rest.add(List.of(List.of()));
    for (int from = parts.length - 1; from >= 0; from--) {
      for (int to = from + 1; to <= Math.min(parts.length, from + longest); to++) {
        String item = String.join(",", Arrays.asList(parts).subList(from, to));
        for (List<Integer> first : meanings(item)) {
          for (List<Integer> others : rest.get(to)) {
            List<Integer> all = new ArrayList<>(first);
            all.addAll(others);
            add(rest.get(from), all);
          }
        }
      }
    }
    List<List<Integer>> meanings = rest.getFirst();
    if (meanings.isEmpty()) {
      throw unknown(text);
    }
    if (meanings.size() > 1) {
      throw ambiguous(text, meanings.get(0), meanings.get(1));
    }
    return meanings.getFirst().stream().mapToInt(Integer::intValue).toArray();
  }

  private static int commas(String name) {
    return (int) name.chars().filter(c -> c == ',').count();
  }

  private static void add(List<List<Integer>> meanings, List<Integer> one) {
    if (meanings.size() < 2 && !meanings.contains(one)) {
      meanings.add(one);
    }
  }

  /** All that an item may mean: numbers of classes. */
  private List<List<Integer>> meanings(String item) {
    List<List<Integer>> all = new ArrayList<>();
    String word = item.strip();
    addNamed(all, item);
    addNamed(all, word);
    Matcher quoted = QUOTED.matcher(word);
    if (quoted.matches()) {
      addNamed(all, unquoted(quoted));
    }
    Matcher numbers = NUMBERS.matcher(word);
    if (numbers.matches()) {
      int first = Integer.parseInt(numbers.group(1));
      int last = numbers.group(2) == null ? first : Integer.parseInt(numbers.group(2));
      if (first <= last && last < trained) {
        addDistinct(all, IntStream.rangeClosed(first, last).boxed().toList());
        // A range is short for its numbers, and each of them may be a name.
        addDistinct(all, IntStream.rangeClosed(first, last).map(this::named).boxed().toList());
      }
    }
    return all;
  }

  private int named(int number) {
    int named = names.indexOf(String.valueOf(number));
    return named < 0 ? number : named;
  }

  private static String unquoted(Matcher quoted) {
    return quoted.group(1) != null
        ? quoted.group(1).replace("\"\"", "\"")
        : quoted.group(2).replace("''", "'");
  }

  private void addNamed(List<List<Integer>> all, String name) {
    int number = names.indexOf(name);
    if (number >= 0) {
      addDistinct(all, List.of(number));
    }
  }

  private static void addDistinct(List<List<Integer>> all, List<Integer> one) {
    if (!all.contains(one)) {
      all.add(one);
    }
  }

  /** The first item of a list that means nothing, so refused. */
  private BadInputException unknown(String text) {
    Matcher items = ITEM.matcher(text);
    String word = text.strip();
    for (int at = 0; at <= text.length() && items.find(at); at = items.end() + 1) {
      if (meanings(items.group()).isEmpty()) {
        word = items.group().strip();
        break;
      }
    }
    if (word.isEmpty()) {
      return new BadInputException("no class before or after a comma in `" + text + "`", "one", "");
    }
    Matcher numbers = NUMBERS.matcher(word);
    if (numbers.matches()) {
      int first = Integer.parseInt(numbers.group(1));
      int last = numbers.group(2) == null ? first : Integer.parseInt(numbers.group(2));
      return first > last
          ? new BadInputException("classes " + word, "the lower number first", "")
          : untrained(last);
    }
    Matcher quoted = QUOTED.matcher(word);
    String name = quoted.matches() ? unquoted(quoted) : word;
    List<String> near = NearNames.of(name, names.names());
    String hint = near.isEmpty() ? "" : "did you mean " + near.getFirst() + "?";
    if (word.matches("0\\d{1,8}")) {
      hint = Text.format("class number %d is written `%d`", number(word), number(word));
    }
    return new BadInputException(
        "class `" + word + "`",
        names.known()
            ? "one of " + ClassNames.some(names.names())
            : "a number below " + classes + ": the weights do not say what their classes are named",
        hint);
  }

  private static int number(String digits) {
    return Integer.parseInt(digits);
  }

  private BadInputException untrained(int label) {
    return label >= classes
        ? new BadInputException("class " + label, "0 to " + (classes - 1), "")
        : new BadInputException(
            Text.format("class %d: the generator was trained on %d classes", label, trained),
            "0 to " + (trained - 1),
            "--class-index " + label + " samples that class anyway");
  }

  private BadInputException ambiguous(String text, List<Integer> a, List<Integer> b) {
    int at = 0;
    while (at < Math.min(a.size(), b.size()) - 1 && a.get(at).equals(b.get(at))) {
      at++;
    }
    return new BadInputException(
        Text.format(
            "--class %s means two things: %s; or %s",
            text, shown(a.subList(at, a.size())), shown(b.subList(at, b.size()))),
        Text.format("--class-index %s or --class-index %s", joined(a), joined(b)),
        "a name in quotes is never a number: --class '\"7\"'; --class-file takes a name a line");
  }

  private String shown(List<Integer> labels) {
    return ClassNames.some(
        labels.stream().map(l -> Text.format("class %d (`%s`)", l, names.shown(l))).toList());
  }

  private static String joined(List<Integer> labels) {
    return labels.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** The classes that {@code lines} name, one each; empty lines do not count. */
  public int[] named(List<String> lines) {
    List<Integer> all = new ArrayList<>();
    for (String line : lines) {
      int number = names.indexOf(line);
      if (number >= 0) {
        all.add(number);
      } else if (!line.isEmpty()) {
        List<String> near = NearNames.of(line, names.names());
        throw new BadInputException(
            "class `" + line + "`",
            names.known()
                ? "one of " + ClassNames.some(names.names())
                : "--class-index: the weights do not say what their classes are named",
            near.isEmpty() ? "" : "did you mean " + near.getFirst() + "?");
      }
    }
    if (all.isEmpty()) {
      throw new BadInputException("no class in --class-file", "a name in each line", "");
    }
    return all.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The classes of the numbers {@code text}, whatever they are named: {@code 3,7,10-19}. */
  public int[] numbered(String text) {
    IntStream.Builder all = IntStream.builder();
    for (String part : text.split(",", -1)) {
      Matcher m = NUMBERS.matcher(part.strip());
      if (!m.matches()) {
        throw new BadInputException(
            "--class-index `" + part.strip() + "`", "a number, or a range such as 0-9", "");
      }
      int first = Integer.parseInt(m.group(1));
      int last = m.group(2) == null ? first : Integer.parseInt(m.group(2));
      if (first > last || last >= classes) {
        throw new BadInputException(
            "--class-index " + part.strip(), "numbers from 0 to " + (classes - 1), "");
      }
      IntStream.rangeClosed(first, last).forEach(all::add);
    }
    return all.build().toArray();
  }

  /** Those of {@code labels} that the generator has never seen, each once. */
  public List<Integer> untrained(int... labels) {
    return Arrays.stream(labels).filter(l -> l >= trained).distinct().boxed().toList();
  }
}
