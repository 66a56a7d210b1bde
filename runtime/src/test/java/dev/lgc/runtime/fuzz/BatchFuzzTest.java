package dev.lgc.runtime.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Models of the library and of the examples, made small, at batches of any size: whatever can be
 * checked lowers to kernels. {@code -Dlgc.fuzz.seconds=3600} goes on for an hour, {@code
 * -Dlgc.fuzz.seed} repeats.
 */
@Tag("backend")
final class BatchFuzzTest {
  private record Subject(String file, String model, Map<String, String> parameters) {}

  private static final Map<String, String> NARROW =
      Map.of(
          "image", "16",
          "multipliers", "[1, 2]",
          "ch", "32",
          "res_blocks", "1",
          "z", "32",
          "codes", "64",
          "usage_window", "512",
          "perceptual_weight", "0.0",
          "disc_width", "8",
          "disc_layers", "2");

  private static Map<String, String> narrow(Map<String, String> more) {
    Map<String, String> all = new java.util.HashMap<>(NARROW);
    all.putAll(more);
    return all;
  }

  private static final List<Subject> SUBJECTS =
      List.of(
          new Subject("vq", "VQ", narrow(Map.of("disc_weight", "0.0"))),
          new Subject("vq", "VQ", narrow(Map.of("entropy_ratio", "0.1", "disc_adaptive", "true"))),
          new Subject("vq", "VQ", narrow(Map.of("disc_type", "stylegan", "disc_weight", "0.5"))),
          new Subject(
              "llamagen",
              "ClassToImage",
              Map.of("size", "(1, 2, 16)", "image", "64", "classes", "5", "multiple_of", "8")),
          new Subject(
              "llamagen",
              "TextToImage",
              Map.of(
                  "size", "(1, 2, 16)",
                  "image", "64",
                  "caption_tokens", "5",
                  "caption_dim", "12",
                  "multiple_of", "8")),
          new Subject("../examples/mnist/mnist.arch", "Digits", Map.of()),
          new Subject("../examples/mnist/mnist.arch", "Tokenizer28", Map.of()),
          new Subject("src/test/resources/needs/uncached-step.arch", "Slow", Map.of()));

  private final long seed = Long.getLong("lgc.fuzz.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void everyBatchLowersToKernels() {
    long seconds = Long.getLong("lgc.fuzz.seconds", 0);
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    System.out.println("batch fuzz: seed " + seed);
    for (int i = 0; i < SUBJECTS.size() || System.nanoTime() < end; i++) {
      Subject s = SUBJECTS.get(i % SUBJECTS.size());
      // Sizes of all magnitudes, with and without factors in common with those of a picture.
      int batch = random.nextBoolean() ? 1 << random.nextInt(11) : 1 + random.nextInt(2000);
      boolean parts = random.nextBoolean();
      String what = s + ", batch " + batch + (parts ? " as a part" : "") + ", seed " + seed;
      try {
        assertEquals(Optional.empty(), Lowering.of(model(s, batch), parts), what);
      } catch (RuntimeException | StackOverflowError e) {
        fail(what, e);
      }
    }
  }

  private static CheckedModel model(Subject s, int batch) {
    String file = s.file().endsWith(".arch") ? Path.of(s.file()).toString() : s.file();
    return Language.load(file)
        .then(l -> l.elaborate(s.model(), s.parameters(), Map.of("b", batch)))
        .get();
  }
}
