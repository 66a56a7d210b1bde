package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A value of a run file that leads nowhere is named by its key and its line. */
@Tag("backend")
final class SettingPlacesTest {
  @TempDir private Path dir;

  private String assertNamed(String key, int line, String text) {
    UserError e =
        assertThrows(
            UserError.class,
            () -> TinyRuns.train(TinyRuns.run(dir, text), new TrainListener() {}, () -> true));
    assertTrue(e.getMessage().contains("run.yaml:" + line + ":"), e.getMessage());
    assertTrue(e.getMessage().contains("`" + key + "`"), e.getMessage());
    return e.getMessage();
  }

  private String untrainable(String name) {
    return Text.format(
        """
        # what is trained
        model:
          {arch: "%s", name: %s}
        data: {kind: drawn, count: 10}
        batch: 2
        steps: 3
        optimizer: {lr: 0.1}
        log: {every: 1}
        checkpoint: {dir: out}
        """,
        TestResources.path("models/untrainable.arch"), name);
  }

  @Test
  void aModelThatTrainsNothing() {
    Map<String, String> said = new LinkedHashMap<>();
    said.put("NoParameters", "the objective fit trains no parameter");
    said.put("Independent", "a loss that depends on w");
    said.put("Stopped", "a loss that depends on w");
    said.put("HalfStopped", "the objective second trains no parameter");
    said.put("NoEntries", "the model NoEntries has no objective");
    said.forEach(
        (name, text) -> {
          String message = assertNamed("model", 3, untrainable(name));
          assertTrue(message.contains(text), message);
        });
  }

  @Test
  void aModelWhoseParametersBeginAtConstantsTrains() throws IOException {
    RunFile run = TinyRuns.run(dir, untrainable("Zeros"));
    List<Double> losses = new ArrayList<>();
    TrainListener heard =
        new TrainListener() {
          @Override
          public void metrics(long done, Map<String, Double> values) {
            losses.add(values.get("loss"));
          }
        };
    assertEquals(3, TinyRuns.train(run, heard, () -> false));
    assertEquals(1, losses.getFirst(), "of zeros");
    assertEquals(3, Set.copyOf(losses).size(), losses.toString());
  }

  @Test
  void whatDoesNotFitWhatWasTrained() throws IOException {
    String model = "model: {arch: \"" + TinyRuns.arch() + "\", name: TinyTokenizer}\n";
    String run = model + "data: {kind: drawn}\nbatch: 2\nsteps: 1\n";
    TinyRuns.train(
        TinyRuns.run(dir, run + "checkpoint: {dir: out}\n"), new TrainListener() {}, () -> false);
    assertNamed("checkpoint.dir", 6, run + "seed: 1\ncheckpoint: {dir: out}\n");
    String other = run.replace("TinyTokenizer", "TinyTokenizer, parameters: {dim: 5}");
    assertNamed("start_from", 6, other + "checkpoint: {dir: new}\nstart_from: out\n");
    assertNamed("start_from", 5, run + "start_from: nowhere\ncheckpoint: {dir: new}\n");
    String generator = run.replace("TinyTokenizer", "TinyGenerator");
    assertNamed("data", 2, generator + "checkpoint: {dir: new}\n");
    String fits = "samples:\n  every: 1\n  tokenizer: nowhere\n";
    TinyCodes.write(dir.resolve("a.codes"), "ant");
    assertNamed(
        "samples.tokenizer",
        7,
        generator.replace("data: {kind: drawn}", "codes: {path: a.codes}")
            + fits
            + "checkpoint: {dir: new}\n");
  }

  @Test
  void aModelThatIsNotThere() {
    String rest = "data: {kind: drawn, count: 10}\nbatch: 2\nsteps: 1\ncheckpoint: {dir: out}\n";
    String arch = "# one\nmodel:\n  arch: \"" + TinyRuns.arch() + "\"\n  name: TinyTokenizer\n";
    assertNamed("model.arch", 3, arch.replaceFirst("arch: .*", "arch: nowhere.arch") + rest);
    assertNamed("model.name", 4, arch.replace("TinyTokenizer", "Tiny") + rest);
    String parameter = arch + "  parameters:\n    dim: 5\n    NAME: VALUE\n" + rest;
    assertNamed(
        "model.parameters.none", 7, parameter.replace("NAME", "none").replace("VALUE", "1"));
    assertNamed(
        "model.parameters.codes", 7, parameter.replace("NAME", "codes").replace("VALUE", "1 +"));
    assertNamed(
        "model.parameters.codes", 7, parameter.replace("NAME", "codes").replace("VALUE", "many"));
    // It can only be trained: there is nothing to draw.
    assertNamed("samples.every", 10, untrainable("Zeros") + "samples: {every: 1}\n");
    assertNamed("model", 3, untrainable("Unfed"));
  }

  @Test
  void aValueThatTheModelCannotHave() {
    String run =
        Text.format(
            """
            model:
              arch: "%s"
              name: TinyGenerator
              parameters:
                classes: 12
                dim: 7
            codes: {path: a.codes}
            batch: 2
            steps: 1
            checkpoint: {dir: out}
            """,
            TinyRuns.arch());
    UserError e =
        assertThrows(
            UserError.class,
            () -> TinyRuns.train(TinyRuns.run(dir, run), new TrainListener() {}, () -> true));
    assertTrue(e.getMessage().contains("tiny.arch:"), e.getMessage());
    String place = "set by `model.parameters.dim: 7` (run.yaml:6:10)";
    assertTrue(e.getMessage().contains(place), e.getMessage());
    assertFalse(e.getMessage().contains("parameters.classes"), e.getMessage());
  }

  @Test
  void eachFileThatIsNotThere() throws IOException {
    Files.writeString(dir.resolve("broken"), "this is none of it");
    String model = "model: {arch: \"" + TinyRuns.arch() + "\", name: TinyTokenizer}\n";
    String generator = model.replace("TinyTokenizer", "TinyGenerator");
    String rest = "batch: 2\nsteps: 1\ncheckpoint: {dir: out}\n";
    for (String file : new String[] {"nowhere", "broken"}) {
      Map<String, String> all = new LinkedHashMap<>();
      all.put("data.path", model + "data:\n  kind: folder\n  path: FILE\n");
      all.put("codes.path", generator + "codes:\n  held_out: x\n  path: FILE\n");
      all.put("artifact", "data: {kind: drawn}\n# a line\n\nartifact: FILE\n");
      all.put("weights", model + "data: {kind: drawn}\nweights:\n  lpips: FILE\n");
      all.forEach((key, text) -> assertNamed(key, 4, text.replace("FILE", file) + rest));
    }
  }
}
