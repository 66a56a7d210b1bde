package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Commands and options that messages, help and documents name are ones that there are. */
@Tag("pure")
final class NamedCommandsTest {
  /** {@code lgc …} in backticks, or at the start of an indented line. */
  private static final Pattern CALL =
      Pattern.compile("`(?:\\./)?lgc ([^`]+)`|(?m)^\\s{2,}(?:\\./)?lgc ((?:[^\\\\\n]|\\\\\n)+)");

  private static final Pattern OPTION = Pattern.compile("(?<![\\w-])(--[a-z][a-z-]+)");

  /** Options of other programs. */
  private static final Set<String> FOREIGN =
      Set.of(
          "--add-modules",
          "--add-exports",
          "--enable-native-access",
          "--add-opens",
          "--module-path",
          // of mpirun
          "--allow-run-as-root",
          "--bind-to",
          "--map-by",
          "--quiet");

  private static Map<String, Set<String>> known;

  private record Text(String where, String content) {}

  @BeforeAll
  static void commands() {
    CommandLine all = Main.commandLine();
    known =
        all.getSubcommands().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> options(e.getValue())));
  }

  /** Those of a command, and of the commands within it. */
  private static Set<String> options(CommandLine command) {
    Set<String> all = new TreeSet<>(command.getCommandSpec().optionsMap().keySet());
    command.getSubcommands().values().forEach(c -> all.addAll(options(c)));
    return all;
  }

  private static Path root() {
    Path p = Path.of("").toAbsolutePath();
    while (!Files.exists(p.resolve("grammar")) || !Files.exists(p.resolve("lgc"))) {
      p = p.getParent();
    }
    return p;
  }

  private static List<Path> files(String folder, String ending) throws IOException {
    try (Stream<Path> all = Files.walk(root().resolve(folder))) {
      return all.filter(p -> p.toString().endsWith(ending)).sorted().toList();
    }
  }

  private static List<Text> literals() throws IOException {
    List<Text> texts = new ArrayList<>();
    for (String module : List.of("dsl", "compiler", "runtime")) {
      for (Path p : files(module + "/src/main/java", ".java")) {
        for (String text : literals(Files.readString(p))) {
          texts.add(new Text(p.getFileName().toString(), text));
        }
      }
    }
    return texts;
  }

  /** The texts in a source file; literals that are added to one another are one text. */
  private static List<String> literals(String source) {
    List<String> all = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < source.length(); at++) {
      char c = source.charAt(at);
      if (source.startsWith("/*", at)) {
        at = source.indexOf("*/", at) + 1;
      } else if (source.startsWith("//", at)) {
        at = source.indexOf('\n', at);
      } else if (c == '\'') {
        at = end(source, at, "'");
      } else if (c == '"') {
        String quote = source.startsWith("\"\"\"", at) ? "\"\"\"" : "\"";
        int end = end(source, at, quote);
        text.append(source, at + quote.length(), end - quote.length() + 1);
        at = end;
      } else if (!Character.isWhitespace(c) && c != '+' && !text.isEmpty()) {
        all.add(text.toString());
        text.setLength(0);
      }
    }
    return all;
  }

  /** The last character of a literal that begins at {@code from}. */
  private static int end(String source, int from, String quote) {
    int at = from + quote.length();
    while (!source.startsWith(quote, at)) {
      at += source.charAt(at) == '\\' ? 2 : 1;
    }
    return at + quote.length() - 1;
  }

  private static List<Text> documents() throws IOException {
    List<Path> all = new ArrayList<>(files("docs", ".md"));
    for (String page : List.of("README.md", "CHANGELOG.md", "CONTRIBUTING.md")) {
      all.add(root().resolve(page));
    }
    all.addAll(files("models", "README.md"));
    all.addAll(files("examples", ".md"));
    all.addAll(files("runtime/src/main/resources", ".yaml"));
    List<Text> texts = new ArrayList<>();
    for (Path p : all) {
      texts.add(new Text(root().relativize(p).toString(), Files.readString(p)));
    }
    return texts;
  }

  /** What is wrong with the calls in a text. */
  private static List<String> problems(Text text) {
    List<String> problems = new ArrayList<>();
    Matcher m = CALL.matcher(text.content());
    while (m.find()) {
      String call = m.group(1) != null ? m.group(1) : m.group(2);
      String[] words = call.replace("\\\n", " ").split("#")[0].strip().split("\\s+");
      Set<String> options = known.get(words[0]);
      if (options == null) {
        if (words[0].matches("[a-z][a-z-]*")) {
          problems.add(text.where() + ": there is no `lgc " + words[0] + "`: " + call);
        }
        continue;
      }
      for (String word : words) {
        String option = word.replaceAll("[=,;:.)].*", "");
        if (option.matches("--?[a-z][a-z-]*") && !options.contains(option)) {
          problems.add(text.where() + ": `lgc " + words[0] + "` has no " + option + ": " + call);
        }
      }
    }
    return problems;
  }

  @Test
  void everyCallInAMessageOrADocumentCanBeMade() throws IOException {
    List<Text> all = new ArrayList<>(literals());
    all.addAll(documents());
    assertTrue(all.size() > 1000, "found " + all.size() + " texts");
    assertEquals(List.of(), all.stream().flatMap(t -> problems(t).stream()).toList());
  }

  @Test
  void everyOptionInAMessageExists() throws IOException {
    Set<String> options =
        known.values().stream().flatMap(Set::stream).collect(Collectors.toCollection(TreeSet::new));
    options.addAll(FOREIGN);
    List<String> unknown = new ArrayList<>();
    for (Text t : literals()) {
      Matcher m = OPTION.matcher(t.content());
      while (m.find()) {
        if (!options.contains(m.group(1))) {
          unknown.add(t.where() + ": " + m.group(1) + " in \"" + t.content() + "\"");
        }
      }
    }
    assertEquals(List.of(), unknown);
  }

  /** The test finds what it is for. */
  @Test
  void aCallThatCannotBeMadeIsFound() {
    assertEquals(1, problems(new Text("x", "`lgc import` makes one")).size());
    assertEquals(1, problems(new Text("x", "then `lgc sample g.lgc --clas 3`")).size());
    assertEquals(
        1, problems(new Text("x", "\n    ./lgc plan a.arch \\\n      --bogus 3\n")).size());
    assertEquals(List.of(), problems(new Text("x", "`lgc sample g.lgc --class 3 -n 2`")));
  }
}
