package dev.lgc.runtime.sample;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.ArtifactWriter;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.ModelArgument;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.WeightImageWriter;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.model.WeightsOf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Compiles a model, with the tokenizer that it names, into one file, and packs the weights of both
 * with it.
 *
 * @param listener is told what the user should know of weights, given which of them are taken
 */
public record ArtifactCompiler(Function<WeightsChoice, WeightsListener> listener) {

  /**
   * Weights that are packed.
   *
   * @param file a checkpoint, or the folder of a run
   * @param wanted which of the file's weights
   */
  public record Given(Path file, WeightsChoice wanted) {}

  /**
   * Compiles a model.
   *
   * @param model the model that {@code argument} names
   * @param type the type in which matrices are stored
   * @param purposes the requests that are planned together, for each purpose
   */
  public static Artifact compile(
      ModelArgument argument, CheckedModel model, WeightType type, List<List<Request>> purposes) {
    return Artifact.compile(
        argument.choice(),
        argument.sources(),
        model,
        argument.batch(),
        type,
        purposes,
        tokenizer(argument, model));
  }

  /** The tokenizer that a generator names: its pictures are what the generator's codes are for. */
  private static Optional<Artifact> tokenizer(ModelArgument generator, CheckedModel model) {
    if (model.tokenizer().isEmpty()) {
      return Optional.empty();
    }
    ModelChoice choice = Tokenizer.named(generator.choice().arch(), Outline.of(model));
    CheckedModel named = Models.check(generator.sources(), choice, generator.batch());
    List<List<Request>> decoding =
        named.entry("decode").stream()
            .map(e -> List.<Request>of(new Request.Evaluate(e.name())))
            .toList();
    return Optional.of(
        Artifact.compile(
            choice,
            generator.sources(),
            named,
            generator.batch(),
            WeightType.F32,
            decoding,
            Optional.empty()));
  }

  /**
   * Writes an artifact.
   *
   * @param targets whose kernels the file shows to readers
   * @param weights the model's weights to pack; empty for none
   * @param tokenizerWeights those of its tokenizer; empty for none
   * @param device computes how weights are stored
   * @throws BadInputException if weights do not fit, or are of another tokenizer than the one that
   *     made the codes that the model learned
   */
  public void write(
      Artifact artifact,
      Path out,
      List<Target> targets,
      Optional<Given> weights,
      Optional<Given> tokenizerWeights,
      Device device)
      throws IOException {
    if (tokenizerWeights.isPresent() && artifact.tokenizer().isEmpty()) {
      throw new BadInputException(
          Text.format(
              "--tokenizer-weights, though %s names no tokenizer", artifact.outline().name()),
          "a parameter of type Tokenizer",
          "");
    }
    try (WeightImageWriter own =
            weights.isEmpty()
                ? null
                : packed(artifact, resolved(weights.get()), device, weights.get().wanted());
        WeightImageWriter tokenizer =
            tokenizerWeights.isEmpty()
                ? null
                : tokenizer(
                    artifact.tokenizer().orElseThrow(), tokenizerWeights.get(), own, device)) {
      ArtifactWriter.write(
          artifact, out, targets, Optional.ofNullable(own), Optional.ofNullable(tokenizer));
    }
  }

  private Path resolved(Given weights) {
    return CheckpointFolder.resolve(weights.file(), listener.apply(weights.wanted())::warn);
  }

  private WeightImageWriter packed(
      Artifact artifact, Path file, Device device, WeightsChoice wanted) {
    return new WeightImageWriter(artifact, file, wanted, device, listener.apply(wanted));
  }

  /**
   * The tokenizer's weights: those that made the codes that the generator learned.
   *
   * @param generator null if its weights are not with the artifact
   * @throws BadInputException if the file has others
   */
  private WeightImageWriter tokenizer(
      Artifact tokenizer, Given weights, WeightImageWriter generator, Device device) {
    Path file = resolved(weights);
    WeightsChoice wanted = weights.wanted();
    String made = generator == null ? null : generator.facts().get(LearnedTokenizer.FACT);
    if (made == null) {
      return packed(tokenizer, file, device, wanted);
    }
    List<WeightsOf> candidates = wanted.candidates(file);
    return new LearnedTokenizer(made, "name the checkpoint that `lgc tokenize` used")
        .load(
            candidates,
            listener.apply(wanted),
            (some, told) -> new WeightImageWriter(tokenizer, file, wanted.of(some), device, told));
  }
}
