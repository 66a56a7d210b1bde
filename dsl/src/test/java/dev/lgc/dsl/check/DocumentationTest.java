package dev.lgc.dsl.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.resolve.Loader;
import dev.lgc.dsl.source.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compiles every example of {@code docs/language.md} and {@code README.md}. */
@Tag("pure")
class DocumentationTest {
  private static final List<Path> PAGES =
      List.of(Path.of("../docs/language.md"), Path.of("../README.md"));
  private static final Path LIBRARY = Path.of("../models/src/main/resources/lgc/lib");
  private static final Pattern EXAMPLE =
      Pattern.compile("(?s)```arch( error)?\\n(.*?)```(?:\\n\\n```text\\n(.*?)```)?");

  private static final String BEGIN = "<!-- functions -->\n";
  private static final String END = "<!-- end of functions -->";

  /** An example and what is said about it. */
  record Example(String text, String message) {}

  static Stream<Example> examples() throws IOException {
    List<Example> all = new ArrayList<>();
    for (Path page : PAGES) {
      EXAMPLE
          .matcher(Files.readString(page))
          .results()
          .map(DocumentationTest::example)
          .forEach(all::add);
    }
    return all.stream();
  }

  private static Example example(MatchResult m) {
    return new Example(m.group(2), m.group(1) == null ? "" : m.group(3));
  }

  private static Loader library() throws IOException {
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> all = Files.list(LIBRARY)) {
      for (Path p : all.toList()) {
        texts.put("lgc/lib/" + p.getFileName(), Files.readString(p));
        texts.put(p.getFileName().toString(), "import \"lgc/lib/" + p.getFileName() + "\"");
      }
    }
    return Loader.of(texts);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void compiles(Example e) throws IOException {
    Outcome<Language> l = Language.load(Source.of("example.arch", e.text()), library());
    assertEquals(e.message(), Renderer.plain(l.isOk() ? l.get().check() : l.diagnostics()));
  }

  /** The reference is written from the entries: {@code -Dlgc.update-goldens=true} rewrites it. */
  @Test
  void everyFunctionIsInTheReference() throws IOException {
    Path page = PAGES.getFirst();
    String text = Files.readString(page);
    int from = text.indexOf(BEGIN) + BEGIN.length();
    int to = text.indexOf(END);
    assertTrue(from >= BEGIN.length() && from <= to, "the page has no place for functions");
    Goldens.compare(page, text.substring(0, from) + reference() + text.substring(to));
  }

  private static String reference() {
    StringBuilder out = new StringBuilder();
    for (FunctionFamily family : Functions.families()) {
      out.append("\n#### ").append(family.title()).append("\n\n").append(family.note());
      out.append("\n\n| function | |\n|---|---|\n");
      for (LanguageFunction f : family.functions()) {
        String row = "| `" + f.usage() + "` | " + f.documentation() + " |\n";
        assertEquals(3, row.chars().filter(c -> c == '|').count(), row);
        out.append(row);
      }
    }
    return out.append("\n").toString();
  }
}
