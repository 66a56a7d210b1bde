package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sources that checkpoints and artifacts keep mean what the files meant. */
@Tag("pure")
final class ArchSourcesTest {
  private static final String TOKENIZER =
      """
      import "llamagen.arch"
      variant Mine of VQ {
        image = 32
        multipliers = [1, 2]
        ch = 8
        res_blocks = 1
        z = 16
        codes = 64
        usage_window = 4096
        perceptual_weight = 0.0
        disc_weight = 0.0
        entropy_ratio = 0.5
        **.groups = 4
      }
      """;

  @TempDir private Path dir;

  private ModelChoice choice(String file, String text) throws IOException {
    Path arch = Files.writeString(dir.resolve(file), text);
    return new ModelChoice(arch.toString(), "Mine", Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mine.arch", "gan.arch", "vq.arch", "lpips.arch", "nn.arch"})
  void aFileMayHaveTheNameOfALibraryModuleThatItsImportsImport(String name) throws IOException {
    ModelChoice choice = choice(name, TOKENIZER);
    ArchSources kept = ArchSources.of(Models.load(choice));
    assertEquals(name, kept.main());
    assertEquals(TOKENIZER, kept.texts().get(name));
    assertTrue(kept.texts().containsKey("lgc/lib/vq.arch"), kept.texts().keySet().toString());
    assertEquals(
        Fingerprint.of(Models.check(choice, 2)), Fingerprint.of(Models.check(kept, choice, 2)));
    List<String> changed =
        ModelNeeds.parts(
            "micro_batches",
            Models.check(kept, choice, 2),
            2,
            samples -> Models.check(kept, choice, samples).entries(Entry.Kind.OBJECTIVE));
    assertEquals(1, changed.size(), changed.toString());
    assertTrue(changed.getFirst().contains("`log` computes with a statistic"), changed.toString());
  }

  @Test
  void whatIsKeptIsReadAndNothingElse() throws IOException {
    ModelChoice choice = choice("mine.arch", TOKENIZER);
    ArchSources kept = ArchSources.of(Models.load(choice));
    String before = Fingerprint.of(Models.check(kept, choice, 3));
    // The library and the files as they were, whatever they are now.
    Map<String, String> texts = new HashMap<>(kept.texts());
    texts.replaceAll(
        (name, text) ->
            name.equals("lgc/lib/vq.arch")
                ? text.replace("beta: float = 0.25", "beta: float = 0.5")
                : text);
    String after = Fingerprint.of(Models.check(new ArchSources("mine.arch", texts), choice, 3));
    assertTrue(!before.equals(after), "the kept text of the library counts");
    Files.writeString(dir.resolve("llamagen.arch"), "model Nothing {}\n");
    String main = dir.resolve("mine.arch").toString();
    assertEquals(
        before,
        Fingerprint.of(Models.check(new ArchSources(main, Map.of(main, TOKENIZER)), choice, 3)));
  }

  /** Older checkpoints have the library's modules beside the file. */
  @Test
  void olderSourcesNameTheLibrarysModulesAlone() throws IOException {
    ModelChoice choice = choice("mine.arch", TOKENIZER);
    Map<String, String> texts = new HashMap<>();
    ArchSources.of(Models.load(choice))
        .texts()
        .forEach((name, text) -> texts.put(name.replace("lgc/lib/", ""), text));
    assertEquals(
        Fingerprint.of(Models.check(choice, 2)),
        Fingerprint.of(Models.check(new ArchSources("mine.arch", texts), choice, 2)));
  }
}
