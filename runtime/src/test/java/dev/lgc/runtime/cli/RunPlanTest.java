package dev.lgc.runtime.cli;

import static dev.lgc.runtime.dist.CollectiveSeconds.NONE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.estimate.RunEstimate;
import dev.lgc.runtime.estimate.Template;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.train.BatchParts;
import dev.lgc.runtime.train.TinyRuns;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plan of a run file: that of exactly this run. */
@Tag("backend")
final class RunPlanTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LIMITS = "100,10";

  @TempDir private Path dir;

  private String run(String more) throws IOException {
    Path file = dir.resolve("run.yaml");
    Files.writeString(
        file,
        "model: {arch: \""
            + TinyRuns.arch()
            + "\", name: TinyTokenizer}\n"
            + "data: {kind: drawn, count: 40, held_out: 5}\n"
            + "checkpoint: {dir: out}\n"
            + more);
    return file.toString();
  }

  private static JsonNode json(String... args) throws IOException {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
    return JSON.readTree(r.out());
  }

  @Test
  void aRunIsPlannedAsItIsTrained() throws Exception {
    JsonNode whole = json("plan", run("batch: 8\nsteps: 30\n"), "--limits", LIMITS, "--json");
    JsonNode parts =
        json("plan", run("batch: 8\nmicro_batches: 4\nsteps: 30\n"), "--limits", LIMITS, "--json");
    assertEquals("TinyTokenizer", whole.get("model").asText());
    assertEquals(4, parts.get("micro_batches").asInt());
    // Four parts compute what one batch does, and each again what does not depend on the batch.
    long operations = whole.at("/training/whole/operations").asLong();
    long inParts = parts.at("/training/whole/operations").asLong();
    assertTrue(inParts >= operations && inParts < 2 * operations, operations + ", " + inParts);
    assertTrue(
        parts.at("/training/arena_bytes/work").asLong()
            < whole.at("/training/arena_bytes/work").asLong());
  }

  @Test
  void shardsSayWhatTheirTreeTakes() throws Exception {
    String settings = "batch: 8\nshards: 4\nmicro_batches: 2\nsteps: 30\n";
    JsonNode r = json("plan", run(settings), "--limits", LIMITS, "--json");
    JsonNode whole = json("plan", run("batch: 8\nsteps: 30\n"), "--limits", LIMITS, "--json");
    assertEquals(4, r.get("shards").asInt());
    assertEquals(1, whole.get("shards").asInt());
    long partial = r.at("/training/partial_bytes").asLong();
    long parameters = r.get("parameters").asLong();
    assertTrue(partial >= 2 * 4 * parameters, partial + " for two levels of " + parameters);
    assertTrue(partial < 2 * 4 * parameters + 2 * 4 * 64, partial + " is no more than that");
    assertEquals(0, whole.at("/training/partial_bytes").asLong());
    String said = Cli.run("plan", run(settings), "--limits", LIMITS).out();
    assertTrue(said.contains("batch 8 in 4 shards of 2, each in 2 parts of 1, f32"), said);
    assertTrue(said.contains("of sums over shards"), said);
    assertTrue(said.contains("4 shards: adding their gradients in a tree takes"), said);
  }

  @Test
  void theTimeOfARunIsThatOfItsStepsAndHeldOutLosses() throws Exception {
    String settings = "batch: 4\nsteps: 1000\nlog: {held_out_every: 100, held_out_batches: 3}\n";
    JsonNode r = json("plan", run(settings), "--limits", LIMITS, "--json");
    double step = r.at("/expected/seconds_per_step").asDouble();
    double held = r.at("/expected/held_out_seconds").asDouble();
    assertEquals(r.at("/training/whole/least_seconds").asDouble(), step);
    assertTrue(held > 0);
    assertEquals(1000 * step + 10 * held, r.at("/expected/seconds").asDouble(), 1e-9);
  }

  @Test
  void whatTrainingWarnsOfThePlanSaysToo() throws Exception {
    Path arch =
        Files.writeString(
            dir.resolve("normal.arch"),
            """
            model Normal() {
              param scale: [3] = normal(0.5)
              objective loss(images: [b, 3, 8, 8]) {
                let y = mean(einsum("bchw,c->bchw", images, scale))
                minimize y * y
              }
            }
            """);
    Path file = dir.resolve("normal.yaml");
    String settings =
        "model: {arch: normal.arch, name: Normal}\ndata: {kind: drawn, count: 8, image: 8}\n"
            + "batch: 4\nsteps: 1\ncheckpoint: {dir: out}\n";
    Files.writeString(file, settings + "micro_batches: 2\n");
    assertTrue(Files.exists(arch));
    String said = Cli.run("plan", file.toString()).out();
    assertTrue(said.contains("warning: with micro_batches, loss is not trained with the"), said);
    JsonNode r = json("plan", file.toString(), "--json");
    assertEquals(1, r.get("warnings").size(), r.toString());
    String trained = Cli.run("train", file.toString()).err();
    assertTrue(trained.contains(r.get("warnings").get(0).asText()), trained);
    Files.writeString(file, settings + "shards: 2\n");
    assertTrue(Cli.run("plan", file.toString()).out().contains("warning: with shards, loss is"));
    Files.writeString(file, settings);
    assertEquals(0, json("plan", file.toString(), "--json").get("warnings").size());
  }

  @Test
  void epochsAreStepsOfThePicturesThatAreThere() throws Exception {
    JsonNode r = json("plan", run("batch: 8\nepochs: 3\n"), "--json");
    assertEquals(12, r.at("/expected/steps").asInt()); // 32 of 40 pictures are not held out
    Path none = dir.resolve("none.yaml");
    Files.writeString(
        none,
        "model: {arch: vq, name: VQ16, parameters: {image: 64, perceptual_weight: 0}}\n"
            + "data: {kind: folder, path: nowhere}\nbatch: 1\nepochs: 1\ncheckpoint: {dir: out}\n");
    Cli.Result unknown = Cli.run("plan", none.toString(), "--limits", LIMITS);
    assertEquals(0, unknown.code(), unknown.err());
    assertTrue(unknown.out().contains("depends on the pictures"), unknown.out());
  }

  @Test
  void previewsAndMemoryAndPrecisionAreThoseOfTheRun() throws Exception {
    JsonNode plain = json("plan", run("batch: 8\nsteps: 1\n"), "--json");
    JsonNode drawn = json("plan", run("batch: 8\nsteps: 1\nsamples: {every: 1}\n"), "--json");
    assertTrue(
        drawn.at("/training/steps").size() > plain.at("/training/steps").size(), drawn.toString());
    RunFile run =
        UserError.orThrow(RunFile.read(Path.of(run("batch: 8\nsteps: 1\nsamples: {every: 1}\n"))));
    assertEquals(
        TrainMemory.need(TrainJob.of(run)).process(),
        drawn.at("/training/process_bytes").asLong(),
        "what `train` compares with what there is");
    JsonNode mixed = json("plan", run("batch: 8\nsteps: 1\nprecision: bf16\n"), "--json");
    assertEquals("bf16", mixed.get("precision").asText());
    Cli.Result small = Cli.run("plan", run("batch: 8\nsteps: 1\nmemory: 1kB\n"));
    assertEquals(1, small.code());
    assertTrue(small.err().contains("run.yaml:6:9"), small.err());
  }

  @Test
  void aModelMayStandBeforeTheRunFile() throws Exception {
    Path file = dir.resolve("bare.yaml");
    Files.writeString(
        file, "data: {kind: drawn, count: 8}\nbatch: 2\nsteps: 2\ncheckpoint: {dir: out}\n");
    JsonNode r = json("plan", TinyRuns.arch(), "-m", "TinyTokenizer", file.toString(), "--json");
    assertEquals("TinyTokenizer", r.get("model").asText());
  }

  @Test
  void whatTheRunFileSaysIsNotAskedForOnTheCommandLine() throws Exception {
    String run = run("batch: 8\nsteps: 1\n");
    List<List<String>> others =
        List.of(
            List.of("-b", "4"),
            List.of("--precision", "bf16"),
            List.of("--memory", "1GB"),
            List.of("--ema"),
            List.of("--for", "training"));
    for (List<String> o : others) {
      String[] args = new String[o.size() + 2];
      args[0] = "plan";
      args[1] = run;
      System.arraycopy(o.toArray(), 0, args, 2, o.size());
      Cli.Result r = Cli.run(args);
      assertEquals(1, r.code(), o::toString);
      assertTrue(r.err().contains("with a run file"), r.err());
    }
    assertFalse(Cli.run("plan", run).out().isEmpty());
  }

  @Test
  void aTimeIsSaidInTheUnitThatPeopleWaitIn() {
    assertEquals("1 s", RunEstimate.duration(0.001));
    assertEquals("40 s", RunEstimate.duration(40));
    assertEquals("13 min", RunEstimate.duration(780));
    assertEquals("5.2 h", RunEstimate.duration(18_720));
    assertEquals("9.5 days", RunEstimate.duration(820_800));
  }

  @Test
  void aLongRunIsSaidWithWhatASmallerStartIs() {
    MachineLimits.Known on = MachineLimits.of(LIMITS, 2);
    String brief =
        new RunEstimate(Template.tokenizer, 8, BatchParts.ONE, 0, 0.5, NONE, 0, 100, on).text(1000);
    assertTrue(brief.contains("500 ms a step, 8 min for 1000 steps"), brief);
    assertFalse(brief.contains("smaller"), brief);
    String one =
        new RunEstimate(Template.tokenizer, 8, BatchParts.ONE, 0, 0.5, NONE, 0, 100, on).text(1);
    assertTrue(one.contains("1 s for 1 step ("), one);
    String lengthy =
        new RunEstimate(Template.tokenizer, 128, BatchParts.ONE, 0, 120, NONE, 0, 100, on)
            .text(790);
    assertTrue(lengthy.contains("for 790 steps"), lengthy);
    assertTrue(lengthy.contains("30 steps take an hour, `batch: 8` takes about 7.50 s"), lengthy);
    assertTrue(lengthy.contains("--template tokenizer --small"), lengthy);
    String parts =
        new RunEstimate(
                Template.generator, 256, new BatchParts(1, 32, 0, 1, 1), 0, 7200, NONE, 0, 100, on)
            .text(790);
    assertTrue(parts.contains("1 step takes 2.0 h, `batch: 8` and `micro_batches: 1`"), parts);
    assertTrue(parts.contains("--template generator --small"), parts);
    assertFalse(parts.contains("held-out"), parts);
  }

  @Test
  void aLongRunIsNotShortBecauseItsStepsAre() {
    MachineLimits.Known on = MachineLimits.of(LIMITS, 2);
    String often =
        new RunEstimate(Template.tokenizer, 8, BatchParts.ONE, 0, 1, NONE, 100, 10, on).text(1000);
    assertTrue(often.contains("for 1000 steps"), often);
    assertTrue(often.contains("2.8 h of it measure the held-out loss"), often);
    assertTrue(often.contains("329 steps take an hour"), often); // 32 times 110 s, and 9 s
    String once =
        new RunEstimate(Template.tokenizer, 4, BatchParts.ONE, 0, 0.0001, NONE, 50_000, 1, on)
            .text(2);
    assertTrue(once.contains("1 step takes 13.9 h"), once);
  }
}
