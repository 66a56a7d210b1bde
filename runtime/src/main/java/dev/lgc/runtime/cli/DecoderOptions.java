package dev.lgc.runtime.cli;

import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.Origin;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.sample.LearnedTokenizer;
import dev.lgc.runtime.sample.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The tokenizer that makes pictures of a generator's codes. */
final class DecoderOptions {
  @Option(
      names = {"-t", "--tokenizer"},
      paramLabel = "CKPT",
      description =
          "the tokenizer whose codes the generator was trained on; not needed if a .lgc "
              + "has it")
  private Path checkpoint;

  @Option(
      names = "--tokenizer-weights",
      paramLabel = "T.safetensors",
      description = "weights of the tokenizer that the generator names, instead of -t")
  private Path weights;

  @Mixin private TokenizerWeightsOfOption weightsOf;

  @Option(
      names = "--any-tokenizer",
      description = "decode even if the tokenizer is not the one that made the training codes")
  private boolean any;

  /** Whether one is named. */
  boolean given() {
    return checkpoint != null || weights != null;
  }

  /** Refuses two. */
  void check() {
    if (checkpoint != null && weights != null) {
      throw new BadInputException("two tokenizers", "-t or --tokenizer-weights", "");
    }
  }

  /**
   * Plans it.
   *
   * @param generator whose codes it is to decode; what it was compiled to has the tokenizer, if
   *     none is named
   * @param warn is told which checkpoints of a folder are damaged
   */
  PlannedModel plan(Origin generator, int batch, Consumer<String> warn) {
    return checkpoint != null
        ? Tokenizer.plan(checkpoint, weightsOf.wanted(), batch, warn, "decode")
        : Tokenizer.plan(
            Optional.ofNullable(weights).map(w -> CheckpointFolder.resolve(w, warn)),
            Tokenizer.named(generator).with(weightsOf.wanted()),
            batch,
            "decode");
  }

  /**
   * Loads what was planned.
   *
   * @param say prints a line: what the user should know of the weights
   * @throws BadInputException if the generator learned another tokenizer's codes
   */
  LoadedModel load(
      PlannedModel planned, Checkpoint generator, Device device, Consumer<String> say) {
    WeightsConsole console = new WeightsConsole(say, WeightsChoice.TOKENIZER_OPTION);
    String made = generator.facts().get(LearnedTokenizer.FACT);
    if (made == null || any) {
      return planned.load(device, console);
    }
    String hint = "name the checkpoint that `lgc tokenize` used, or add --any-tokenizer";
    return Tokenizer.load(
        planned, weightsOf.wanted(), new LearnedTokenizer(made, hint), device, console);
  }
}
