package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StepId;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.ArchSources;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.RandomKeys;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * The runs whose loaded classes the launcher archives once after a build, for faster starts. They
 * need nothing but the library of models.
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
   * Rehearses commands of one of the launcher's two kinds, and then, as every start has them, the
   * first and last steps of the program.
   *
   * @param args {@code reckoning} or {@code computing}; a folder for files, made if need be
   */
  public static void main(String[] args) throws IOException {
    rehearse(args[0], Path.of(args[1]));
    Start.main(new String[] {"--version"});
  }

  /** Rehearses the commands of a kind. */
  static void rehearse(String kind, Path folder) throws IOException {
    Files.createDirectories(folder);
    if (kind.equals("reckoning")) {
      reckon();
    } else {
      compute(folder);
    }
  }

  /** Checks the library's models and plans a large one, for one process and for ranks. */
  private static void reckon() {
    command("check", SMALL.arch());
    command("plan", SMALL.arch(), "-m", SMALL.name());
    List<String> training = List.of("--precision", "bf16", "-b", "4", "--memory", "80GB");
    command("plan", model(), training, List.of("--ranks", "4", "--hosts", "2"));
  }

  /** Compiles and samples a very small model with random weights, beside a plan and in it. */
  private static void compute(Path folder) throws IOException {
    Path weights = folder.resolve("weights.safetensors");
    write(weights);
    List<String> given = List.of("--weights", weights.toString());
    String compiled = folder.resolve("small.lgc").toString();
    command("compile", model(), List.of("-b", "1", "-o", compiled));
    sample(folder, List.of(compiled), given);
    sample(folder, model(), given);
    command(
        "compile", model(), given, List.of("-b", "1", "--weights-type", "bf16", "-o", compiled));
    sample(folder, List.of(compiled), List.of());
  }

  private static List<String> model() {
    List<String> words = new ArrayList<>(List.of(SMALL.arch(), "-m", SMALL.name()));
    SMALL.parameters().forEach((k, v) -> words.addAll(List.of("-p", k + "=" + v)));
    return words;
  }

  /** Initial values of the small model's parameters. */
  private static void write(Path weights) throws IOException {
    Language file = Models.load(SMALL);
    CheckedModel model = Models.check(file, SMALL, 1);
    ExecutionPlan plan = Models.plan(model, List.of(new Request.Initialise()));
    try (Device device = new CpuDevice();
        Session session = Session.open(plan, device)) {
      RandomKeys.write(session.input(StepId.INITIALISE.name(), "key"), 0, 0, 0);
      session.run(StepId.INITIALISE.name());
      Checkpoint about = Checkpoint.elsewhere(SMALL, ArchSources.of(file));
      new Weights(session, plan).save(weights, about);
    }
  }

  private static void sample(Path folder, List<String> model, List<String> weights) {
    String codes = folder.resolve("tokens.json").toString();
    command("sample", model, weights, List.of("--class", "3", "-b", "1", "--tokens-out", codes));
  }

  @SafeVarargs
  private static void command(String name, List<String>... words) {
    command(
        Stream.concat(Stream.of(name), Stream.of(words).flatMap(List::stream))
            .toArray(String[]::new));
  }

  private static void command(String... args) {
    CommandLine line = Main.commandLine(args);
    line.setOut(new PrintWriter(Writer.nullWriter()));
    if (line.execute(args) != CommandLine.ExitCode.OK) {
      throw new IllegalStateException("lgc " + String.join(" ", args));
    }
  }
}
