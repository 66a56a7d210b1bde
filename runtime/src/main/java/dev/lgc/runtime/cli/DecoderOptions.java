package dev.lgc.runtime.cli;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.sample.TokenizerChoice;
import java.nio.file.Path;
import java.util.Optional;
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

  /** Returns true if one is named. */
  boolean given() {
    return checkpoint != null || weights != null;
  }

  /** Refuses two tokenizers. */
  void check() {
    if (checkpoint != null && weights != null) {
      throw new BadInputException("two tokenizers", "-t or --tokenizer-weights", "");
    }
  }

  /** The tokenizer that is meant; that of the compiled generator if none is named. */
  TokenizerChoice decoder() {
    return new TokenizerChoice(
        Optional.ofNullable(checkpoint), Optional.ofNullable(weights), weightsOf.wanted(), any);
  }
}
