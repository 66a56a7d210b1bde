package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.ArchSources;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.Keys;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * What the launcher runs once after a build, so that later starts find its classes loaded and
 * linked: planning a large model, and compiling and sampling a very small one with random weights.
 * It needs nothing but the library of models.
 */
public final class Rehearsal {
  private static final ModelChoice SMALL =
      new ModelChoice(
          "llamagen",
          "ClassToImage",
          Map.of(
              "size", "(2, 4, 64)",
              "tokenizer", "VQ16(codes: 128)",
              "image", "64",
              "multiple_of", "32",
              "classes", "10"));

  private Rehearsal() {}

  /**
   * Rehearses.
   *
   * @param args a folder for its files, made if need be
   */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    Files.createDirectories(folder);
    command("plan", "llamagen", "-m", "ClassToImage");
    Path weights = folder.resolve("weights.safetensors");
    write(weights);
    String compiled = folder.resolve("small.lgc").toString();
    List<String> compile = new ArrayList<>(List.of("compile"));
    compile.addAll(model());
    compile.addAll(List.of("-b", "1", "-o", compiled));
    command(compile.toArray(String[]::new));
    sample(folder, weights, List.of(compiled));
    sample(folder, weights, model());
  }

  private static List<String> model() {
    List<String> words = new ArrayList<>(List.of(SMALL.arch(), "-m", SMALL.name()));
    SMALL.parameters().forEach((k, v) -> words.addAll(List.of("-p", k + "=" + v)));
    return words;
  }

  /** First values of the small model's parameters. */
  private static void write(Path weights) throws IOException {
    Language file = Models.load(SMALL);
    CheckedModel model = Models.check(file, SMALL, 1);
    ExecutionPlan plan = Models.plan(model, List.of(new Request.Initialise()));
    try (Device device = new CpuDevice();
        Session session = Session.open(plan, device)) {
      Keys.write(session.input("init", "key"), 0, 0, 0);
      session.run("init");
      Checkpoint about = Checkpoint.elsewhere(SMALL, ArchSources.of(file));
      new Weights(session, plan).save(weights, about);
    }
  }

  private static void sample(Path folder, Path weights, List<String> model) {
    List<String> all = new ArrayList<>(List.of("sample"));
    all.addAll(model);
    all.addAll(List.of("--weights", weights.toString(), "--class", "3", "-b", "1"));
    all.addAll(List.of("--tokens-out", folder.resolve("tokens.json").toString()));
    command(all.toArray(String[]::new));
  }

  private static void command(String... args) {
    CommandLine line = Main.commandLine(args);
    line.setOut(new PrintWriter(Writer.nullWriter()));
    if (line.execute(args) != CommandLine.ExitCode.OK) {
      throw new IllegalStateException("lgc " + String.join(" ", args));
    }
  }
}
