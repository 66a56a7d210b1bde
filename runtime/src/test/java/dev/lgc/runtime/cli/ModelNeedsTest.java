package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.estimate.RunEstimate;
import dev.lgc.runtime.estimate.UncachedCost;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.PlanSource;
import dev.lgc.runtime.model.PlannedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What running a model takes is said when it is checked, planned and trained. */
@Tag("backend")
final class ModelNeedsTest {
  private static final Path NEEDS = Path.of("src/test/resources/needs");

  @TempDir private Path folder;

  /** Each file is named after what is unusual; what is said stands beside it. */
  @ParameterizedTest
  @CsvSource({"uncached-step, 0", "not-causal, 1", "random-logits, 1", "ambiguous-input, 1"})
  void checkSaysIt(String name, int code) throws IOException {
    Cli.Result r = Cli.run("check", NEEDS.resolve(name + ".arch").toString());
    assertEquals(code, r.code(), r.err());
    String said = (r.err() + r.out()).replace(NEEDS + "/", "");
    Path golden = NEEDS.resolve(name + ".txt");
    if (Boolean.getBoolean("lgc.update-goldens")) {
      Files.writeString(golden, said);
    }
    assertEquals(Files.readString(golden), said);
  }

  @Test
  void aModelOfTheLibraryNeedsNothingUnusual() {
    Cli.Result r = Cli.run("check", "llamagen");
    assertEquals("llamagen: no mistakes\n", r.out());
    assertEquals("", r.err());
  }

  @Test
  void planSaysWhatAStepComputesAndWhatIsHeld() {
    String slow = NEEDS.resolve("uncached-step.arch").toString();
    Cli.Result r = Cli.run("plan", slow, "--batch", "2");
    assertTrue(r.out().contains("every code computes the whole sequence, because"), r.out());
    assertTrue(r.out().contains("codes drawn so far"), r.out());
    Cli.Result json = Cli.run("plan", slow, "--batch", "2", "--json");
    assertTrue(json.out().replaceAll("\\s", "").contains("\"caches\":{\"codes\":40}"), json.out());
  }

  @Test
  void planTellsKeysAndValuesFromWhatTheConditionsGive() throws IOException {
    Path arch = folder.resolve("scaled.arch");
    Files.writeString(
        arch,
        """
        model Scaled() {
          param start: [4, 8] = normal(0.5)
          param shift: [8, 8] = normal(0.5)
          param table: [7, 8] = normal(0.5)
          generate codes[6] given label: int[b] {
            let first = gather(start, label)
            let x = concat([reshape(first, [b, 1, 8]), gather(table, codes)], axis: 1)
            let y = attend(x, x, x, heads: 2, kv_heads: 2, mask: causal)
            return linear(y * reshape(silu(linear(first, shift)), [b, 1, 8]), table)
          }
        }
        """);
    Cli.Result r = Cli.run("plan", arch.toString(), "--batch", "2", "--json");
    String json = r.out().replaceAll("\\s", "");
    // 4 rows, with guidance, of 6 positions of 8 channels; and 8 channels for each row.
    assertTrue(
        json.contains("\"caches\":{\"conditions\":128,\"keys\":768,\"values\":768}"), r.out());
    String text = Cli.run("plan", arch.toString(), "--batch", "2").out();
    assertTrue(text.contains("keys and values of earlier positions 1.54 kB"), text);
    assertTrue(text.contains("what the conditions give 128 B"), text);
  }

  @Test
  void planRefusesInputsThatAreFedTheSame() {
    Cli.Result r = Cli.run("plan", NEEDS.resolve("ambiguous-input.arch").toString());
    assertEquals(1, r.code());
    assertTrue(r.err().contains("`label` and `style` would be fed the same data"), r.err());
    assertTrue(r.err().contains("ambiguous-input.arch:"), r.err());
  }

  @Test
  void trainingRefusesOrWarnsBeforeTheFirstStep() throws IOException {
    Cli.Result slow = train("uncached-step", "Slow");
    assertTrue(slow.err().contains("every code computes the whole sequence, because"), slow.err());
    Cli.Result twice = train("ambiguous-input", "Twice");
    assertEquals(1, twice.code());
    assertTrue(twice.err().contains("`label` and `style` would be fed the same data"), twice.err());
  }

  @Test
  void samplingSaysWhyItIsSlowAndHowLongItTakes() throws IOException {
    String text = Files.readString(NEEDS.resolve("uncached-step.arch"));
    Path arch = folder.resolve("uncached-step.arch");
    Files.writeString(arch, text.replace("(n: int = 6)", "(n: int = 6, classes: int = 3)"));
    String slow = arch.toString();
    Path weights = folder.resolve("w.safetensors");
    FirstWeights.write(slow, "Slow", weights);
    Cli.Result r =
        Cli.run(
            "sample",
            slow,
            "--weights",
            weights.toString(),
            "-b",
            "2",
            "-n",
            "3",
            "--tokens-out",
            folder.resolve("c.codes").toString());
    assertEquals(0, r.code(), r.err());
    assertTrue(
        r.err()
            .contains("uncached-step.arch:9:33: contract bsd,btd->bst pairs different positions"),
        r.err());
    assertTrue(
        r.err()
            .contains(
                "Each of its 6 codes is drawn by computing the whole sequence: a batch of 2 takes"
                    + " about "),
        r.err());
    assertTrue(r.err().contains(" GFLOP/s, "), "of which limits: " + r.err());
  }

  @Test
  void theTimeOfSlowSamplingIsThatOfTheLimits() throws IOException {
    Path weights = folder.resolve("w.safetensors");
    String arch = NEEDS.resolve("uncached-step.arch").toString();
    FirstWeights.write(arch, "Slow", weights);
    PlannedModel drawing =
        PlanSource.of(Checkpoint.read(weights))
            .plan(
                Optional.of(weights),
                2,
                m -> List.of(new Request.Generate("codes", false, true, false)));
    // A device on which nothing but a kernel's launch takes time: the kernels count.
    double launch = 1000;
    MachineLimits.Known on =
        new MachineLimits.Known(new Limits(1e300, 1e300, launch), "as given", Optional.empty());
    long calls =
        drawing.plan().step("codes.prefill").calls().size()
            + 5L * drawing.plan().step("codes.step").calls().size();
    assertTrue(calls > 10, "" + calls);
    String text = UncachedCost.text(drawing, Optional.of(on));
    assertTrue(
        text.contains(": a batch of 2 takes about " + RunEstimate.duration(calls * launch) + " ("),
        calls + " kernels: " + text);
    assertTrue(text.endsWith(", as given)"), text);
    assertFalse(UncachedCost.text(drawing, Optional.empty()).contains(" takes about "));
  }

  /** Each command that runs a model refuses it; {@code show} shows it all the same. */
  @Test
  void everyCommandRefusesInputsThatAreFedTheSame() throws IOException {
    String arch = NEEDS.resolve("ambiguous-input.arch").toString();
    Path weights = folder.resolve("w.safetensors");
    FirstWeights.write(arch, "Twice", weights);
    String out = folder.resolve("o").toString();
    for (List<String> command :
        List.of(
            List.of("compile", arch, "-o", out + ".lgc"),
            List.of("bench", arch, "--seconds", "0.01"),
            List.of("sample", arch, "--weights", weights.toString(), "--tokens-out", out))) {
      Cli.Result r = Cli.run(command.toArray(String[]::new));
      assertEquals(1, r.code(), command + r.err());
      assertTrue(r.err().contains("`label` and `style` would be fed the same data"), r.err());
      assertTrue(r.err().contains("ambiguous-input.arch:"), r.err());
    }
    assertEquals(0, Cli.run("show", arch).code());
  }

  private Cli.Result train(String arch, String model) throws IOException {
    Path run = folder.resolve("run.yaml");
    Files.writeString(
        run,
        Text.format(
            """
            model: {arch: %s, name: %s}
            codes: {path: nothing.codes}
            batch: 2
            steps: 1
            checkpoint: {dir: out}
            """,
            NEEDS.resolve(arch + ".arch").toAbsolutePath(), model));
    return Cli.run("train", run.toString());
  }

  @Test
  void checkSaysWhatIsUnsoundAsJsonToo() throws IOException {
    Path weights = folder.resolve("w.safetensors");
    FirstWeights.write("TinyTokenizer", weights);
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 4));
    Path compiled = Files.writeString(folder.resolve("m.lgc"), "not compiled");
    for (Path file : List.of(weights, compiled, folder.resolve("none.safetensors"))) {
      Cli.Result r = Cli.run("check", file.toString(), "--json");
      assertEquals(1, r.code(), r.err());
      assertTrue(r.out().contains("\"unsound-file\""), r.out());
      assertTrue(r.out().contains(file.getFileName().toString()), r.out());
      assertEquals("", r.err());
    }
  }
}
