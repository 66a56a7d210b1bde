package dev.lgc.dsl.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.resolve.Loader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file in {@code bad/} is wrong; what is said about it stands beside it. */
@Tag("pure")
class BadFilesTest {
  private static final String ELABORATE = "// elaborate: ";

  static Stream<Path> files() throws IOException {
    return Goldens.sources("bad").stream()
        .filter(p -> !p.getFileName().toString().startsWith("part-"));
  }

  @ParameterizedTest
  @MethodSource("files")
  void saysWhatIsWrong(Path file) throws IOException {
    List<Diagnostic> found = diagnose(file);
    assertFalse(found.isEmpty(), "nothing is wrong with " + file);
    Path golden = file.resolveSibling(file.getFileName().toString().replace(".arch", ".txt"));
    Goldens.compare(golden, Renderer.plain(found));
  }

  private static List<Diagnostic> diagnose(Path file) throws IOException {
    Loader loader = Loader.of(Goldens.texts("bad"));
    Outcome<Language> language = Language.load(file.getFileName().toString(), loader);
    if (!language.isOk()) {
      return language.diagnostics();
    }
    String text = language.get().source().text();
    int at = text.indexOf(ELABORATE);
    if (at < 0) {
      return language.get().check();
    }
    String[] words = text.substring(at + ELABORATE.length()).strip().split(" ");
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 1; i < words.length; i++) {
      String[] kv = words[i].split("=", 2);
      parameters.put(kv[0], kv[1]);
    }
    return language.get().elaborate(words[0], parameters, Map.of()).diagnostics();
  }

  @Test
  void everyCodeHasABadFile() throws IOException {
    // Files that are not text are tested with the loader; run files, and what running a model
    // takes, belong to the runtime.
    Set<Code> missing =
        EnumSet.complementOf(
            EnumSet.of(
                Code.NOT_UTF8,
                Code.UNKNOWN_KEY,
                Code.BAD_SETTING,
                Code.AMBIGUOUS_INPUT,
                Code.NOT_CAUSAL,
                Code.UNCACHED_STEP,
                Code.UNSOUND_FILE));
    for (Path p : files().toList()) {
      diagnose(p).forEach(d -> missing.remove(d.code()));
    }
    assertEquals(Set.of(), missing);
  }
}
