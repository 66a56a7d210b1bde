package dev.lgc.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.TreeMap;

/** The models of the library, loaded for tests. */
final class Library {
  private Library() {}

  /** A model of a library module, its parameters as in {@code size=3B image=384}. */
  static CheckedModel model(String module, String name, String settings) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (Scanner words = new Scanner(settings); words.hasNext(); ) {
      String[] setting = words.next().split("=", 2);
      parameters.put(setting[0], setting[1]);
    }
    return checked(checked(Language.load(module)).elaborate(name, parameters, Map.of("b", 2)));
  }

  /** A model of a user's file. */
  static CheckedModel written(String text, String name) {
    Language file = checked(Language.parse("mine.arch", text));
    return checked(file.elaborate(name, Map.of(), Map.of("b", 2)));
  }

  /** The result; fails with the diagnostics if there are any. */
  static <T> T checked(Outcome<T> outcome) {
    assertEquals("", Renderer.plain(outcome.diagnostics()));
    return outcome.get();
  }

  /** Names and shapes of what a model stores under a prefix, which is taken off. */
  static Map<String, List<Integer>> stored(CheckedModel model, String prefix) {
    Map<String, List<Integer>> shapes = new TreeMap<>();
    for (Storage s : model.storage()) {
      if (s.path().startsWith(prefix)) {
        shapes.put(s.path().substring(prefix.length()), s.type().shape().dims());
      }
    }
    return shapes;
  }

  /** A file beside the project; the calling test is skipped, saying so, if it is absent. */
  static Path shared(String name) {
    String set = System.getProperty("lgc.shared", System.getenv("LGC_SHARED"));
    Path here = Path.of("").toAbsolutePath();
    Path root = Files.exists(here.resolve("models/pom.xml")) ? here : here.getParent();
    Path file = (set == null ? root.resolveSibling("shared") : Path.of(set)).resolve(name);
    assumeTrue(Files.exists(file), () -> "skipped: " + file + " is not here");
    return file;
  }
}
