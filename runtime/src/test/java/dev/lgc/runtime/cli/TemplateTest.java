package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.source.Source;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The run files that {@code lgc train --template} prints: each parses, plans and trains. */
@Tag("backend")
final class TemplateTest {
  private static final int CLASSES = 3;

  @TempDir private Path dir;

  private static Cli.Result ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), () -> String.join(" ", args) + ": " + r.err());
    return r;
  }

  /** Pictures of a few classes, in a folder whose name has to be quoted in YAML. */
  private Path photos() throws IOException {
    Path photos = dir.resolve("my photos: all");
    SyntheticPictures drawn = new SyntheticPictures(30, 64, 1);
    for (int i = 0; i < drawn.size(); i++) {
      Path folder = photos.resolve("class " + i % CLASSES);
      Files.createDirectories(folder);
      Picture picture = new Picture();
      drawn.read(i, picture);
      PngGrid.write(picture, folder.resolve(i + ".png"));
    }
    return photos;
  }

  /** Writes what a command printed; of its many steps, one. */
  private String runFile(String name, String text) throws IOException {
    String brief =
        text.replaceFirst("(?m)^steps: \\d+", "steps: 1")
            .replaceFirst("(?m)^epochs: \\d+", "steps: 1")
            .replace("warmup: 50", "warmup: 0")
            .replace("  held_out_every: 250\n", "  held_out_batches: 1\n")
            .replace("  every: 250                #", "  count: 2\n  every: 250 #");
    assertFalse(brief.equals(text));
    Files.writeString(dir.resolve(name), brief);
    return dir.resolve(name).toString();
  }

  @Test
  void aFirstRunOfOnesOwnPhotosGoesByTheSmallTemplatesAlone() throws Exception {
    String photos = photos().toString();
    String tokenizer =
        runFile(
            "tokenizer.yaml",
            ok("train", "--template", "tokenizer", "--small", "--pictures", photos).out());
    ok("train", tokenizer);
    ok(
        "tokenize",
        tokenizer,
        "-o",
        dir.resolve("train.codes").toString(),
        "--held-out",
        dir.resolve("held-out.codes").toString());
    String text = ok("train", "--template", "generator", "--small", "--pictures", photos).out();
    assertTrue(text.contains("classes: " + CLASSES + "\n"), text);
    ok("train", runFile("generator.yaml", text));
    Path png = dir.resolve("samples.png");
    ok(
        "sample",
        "-g",
        dir.resolve("out/generator").toString(),
        "-t",
        dir.resolve("out/tokenizer").toString(),
        "-o",
        png.toString());
    assertTrue(Files.size(png) > 0);
    assertTrue(Files.exists(dir.resolve("out/generator/samples")));
  }

  @Test
  void aSmallRunIsSizedForThisMachine() throws Exception {
    for (String kind : List.of("tokenizer", "generator")) {
      Cli.Result r = ok("train", "--template", kind, "--small");
      RunConfig c = UserError.orThrow(RunFile.parse(Source.of(kind, r.out()), dir)).config();
      long steps = c.steps().orElseThrow();
      assertTrue(steps >= 300 && steps <= 4000 && steps % 50 == 0, kind + " " + steps);
      assertTrue(r.out().contains("min of computing for " + steps + " steps"), r.out());
      assertFalse(r.out().contains("{"), r.out());
    }
  }

  @Test
  void theReferencesTokenizerNeedsNoWeightsThatAreNotThere() throws Exception {
    String photos = photos().toString();
    String text = ok("train", "--template", "tokenizer", "--pictures", photos).out();
    RunConfig c = UserError.orThrow(RunFile.parse(Source.of("t", text), dir)).config();
    assertTrue(c.weights().isEmpty());
    // The same with a hundredth of the channels, or a step would take minutes.
    String narrow =
        text.replace("VQ16 ", "VQ   ")
            .replace(
                "    image: 256\n",
                "    image: 8\n    ch: 32\n    res_blocks: 1\n    multipliers: \"[1, 1]\"\n"
                    + "    disc_weight: 0\n    usage_window: 0\n")
            .replace("batch: 128", "batch: 1")
            .replace("micro_batches: 16", "micro_batches: 1")
            .replace("held_out: 100", "held_out: 10");
    ok("train", runFile("tokenizer.yaml", narrow));
  }

  @Test
  void theReferencesGeneratorIsPlannedAsItStands() throws Exception {
    Path file = dir.resolve("generator.yaml");
    String photos = photos().toString();
    String text = ok("train", "--template", "generator", "--pictures", photos).out();
    assertTrue(text.contains("    classes: " + CLASSES + " "), text);
    Files.writeString(file, text);
    Cli.Result r = ok("plan", file.toString());
    assertTrue(r.out().contains("ClassToImage, batch 256 in 32 parts of 8, f32"), r.out());
    assertTrue(r.out().contains("depends on the codes"), r.out());
  }

  @Test
  void whatIsForTemplatesGoesWithTemplates() {
    for (String option : List.of("--small", "--pictures=x")) {
      Cli.Result r = Cli.run("train", "run.yaml", option);
      assertEquals(2, r.code());
      assertTrue(r.err().contains("goes with --template"), r.err());
    }
    Cli.Result none = Cli.run("train", "--template", "tokenizer", "--pictures", "nowhere");
    assertEquals(1, none.code());
    assertTrue(none.err().contains("nowhere"), none.err());
  }

  @Test
  void whatSaysHowToTrainIsRefused() {
    for (String[] o :
        new String[][] {{"-m", "Small"}, {"-p", "dim=128"}, {"--device", "cpu"}, {"--json"}}) {
      String[] arguments =
          Stream.concat(Stream.of("train", "--template", "tokenizer"), Stream.of(o))
              .toArray(String[]::new);
      Cli.Result r = Cli.run(arguments);
      assertEquals(2, r.code(), r.err());
      assertTrue(r.err().contains(" goes with RUN.yaml"), r.err());
      assertEquals("", r.out());
      List<String> usages = r.err().lines().filter(l -> l.startsWith("usage: lgc train ")).toList();
      assertEquals(4, usages.size(), r.err());
      assertEquals(
          4, Pattern.compile("lgc train \\[|lgc train --t").matcher(r.err()).results().count());
    }
  }
}
