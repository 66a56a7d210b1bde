package dev.lgc.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.source.Source;
import dev.lgc.runtime.Golden;
import dev.lgc.runtime.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("pure")
final class RunFileTest {
  static Stream<String> bad() throws IOException {
    try (Stream<Path> files = Files.list(TestResources.path("config/bad"))) {
      return files
          .map(p -> p.getFileName().toString())
          .filter(n -> n.endsWith(".yaml"))
          .map(n -> n.substring(0, n.length() - 5))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("bad")
  void aBadRunFileIsExplained(String name) throws IOException {
    String text = Files.readString(TestResources.path("config/bad/" + name + ".yaml"));
    Outcome<RunFile> run = RunFile.parse(Source.of(name + ".yaml", text), Path.of(""));
    assertFalse(run.isOk());
    Golden.check("config/bad/" + name + ".txt", Renderer.plain(run.diagnostics()));
  }

  @Test
  void whatIsGivenIsRead() {
    RunFile file = UserError.orThrow(RunFile.read(TestResources.path("config/good/full.yaml")));
    RunConfig c = file.config();
    assertEquals(
        Map.of(
            "size",
            "3B",
            "image",
            "384",
            "dropout",
            "0.0",
            "kv_heads",
            "8",
            "scale",
            "(4, 4, 128)"),
        c.model().orElseThrow().parameters());
    assertEquals(4, c.microBatches());
    assertEquals(Optional.of(8), c.shards());
    assertEquals(Optional.of(new ByteSize(25L << 29)), c.memory());
    assertEquals(0.5, c.epochs().orElseThrow());
    assertEquals(List.of(0.8, 0.9), c.optimizer().betas());
    assertEquals(0.1, c.optimizer().decay());
    assertEquals(RunConfig.Schedule.Kind.COSINE, c.schedule().kind());
    assertEquals(9_000_000_000L, c.seed());
    assertTrue(c.samples().tokenizer().isEmpty());
    assertEquals(Path.of("vgg.safetensors"), c.weights().get("lpips"));
    assertEquals("19:10", place(file, "threads"));
  }

  private static String place(RunFile file, String key) {
    return file.place(key).line() + ":" + file.place(key).column();
  }

  @Test
  void whatIsLeftOutFollowsTheReference() {
    String text =
        "model: {arch: llamagen, name: ClassToImage}\ncodes: {path: a}\nbatch: 256\nepochs: 300\n"
            + "checkpoint: {dir: out}\n";
    RunConfig c = UserError.orThrow(RunFile.parse(Source.of("x", text), Path.of(""))).config();
    assertEquals(RunConfig.Optimizer.Kind.ADAMW, c.optimizer().kind());
    assertEquals(1e-4, c.optimizer().lr());
    assertEquals(List.of(0.9, 0.95), c.optimizer().betas());
    assertEquals(0.05, c.optimizer().decay());
    assertEquals(1.0, c.optimizer().clip());
    assertEquals(RunConfig.Schedule.Kind.CONSTANT, c.schedule().kind());
    assertEquals(1, c.microBatches());
    assertEquals(Optional.empty(), c.shards());
  }

  /** Whatever the text is: a run or diagnostics, never an exception. */
  @Test
  void anyTextIsReadOrExplained() throws IOException {
    long seed = Long.getLong("lgc.fuzz.seed", System.nanoTime());
    System.out.println("RunFileTest: seed " + seed + " (-Dlgc.fuzz.seed=" + seed + ")");
    Random random = new Random(seed);
    String good = Files.readString(TestResources.path("config/good/full.yaml"));
    String signs = "{}[]:,-?&*!|>'\"%@`#~\n\t \u00e4\ud83d\ude00x1";
    for (int i = 0; i < 3000; i++) {
      StringBuilder text = new StringBuilder(good);
      for (int k = random.nextInt(4); k >= 0; k--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, signs.charAt(random.nextInt(signs.length())));
          default -> text.setLength(Math.max(at, 10));
        }
      }
      Outcome<RunFile> run = RunFile.parse(Source.of("x.yaml", text.toString()), Path.of(""));
      assertFalse(Renderer.plain(run.diagnostics()).contains("Exception"), () -> "seed " + seed);
    }
  }
}
