package dev.lgc.runtime.sample;

import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.FunctionPrecision;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.PlanSource;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.model.WeightsListener;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The tokenizer that makes pictures of a generator's codes, as a user names it.
 *
 * @param checkpoint a tokenizer's checkpoint
 * @param weights weights of the tokenizer that the generator names. Empty like {@code checkpoint}
 *     for the tokenizer that is compiled with the generator
 * @param wanted which weights are taken
 * @param any true to decode with a tokenizer that did not make the training codes
 */
public record TokenizerChoice(
    Optional<Path> checkpoint, Optional<Path> weights, WeightsChoice wanted, boolean any) {

  /**
   * Plans the tokenizer.
   *
   * @param generator whose codes it is to decode
   * @param precision in which it decodes
   * @param warn is told which checkpoints of a folder are damaged
   */
  public PlannedModel plan(
      PlanSource generator, FunctionPrecision precision, int batch, Consumer<String> warn) {
    return checkpoint.isPresent()
        ? Tokenizer.plan(checkpoint.get(), wanted, precision, batch, warn, "decode")
        : Tokenizer.plan(
            weights.map(w -> CheckpointFolder.resolve(w, warn)),
            Tokenizer.named(generator).with(wanted),
            precision,
            batch,
            "decode");
  }

  /**
   * Loads what was planned.
   *
   * @param listener is told what the user should know of the weights
   * @throws BadInputException if the generator learned another tokenizer's codes
   */
  public LoadedModel load(
      PlannedModel planned, Checkpoint generator, Device device, WeightsListener listener) {
    String made = generator.facts().get(LearnedTokenizer.FACT);
    if (made == null || any) {
      return planned.load(device, listener);
    }
    String hint = "name the checkpoint that `lgc tokenize` used, or add --any-tokenizer";
    return Tokenizer.load(planned, wanted, new LearnedTokenizer(made, hint), device, listener);
  }
}
