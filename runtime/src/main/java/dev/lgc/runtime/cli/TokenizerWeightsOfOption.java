package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.WeightsOf;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which weights of a tokenizer's checkpoint are used, where a generator is the subject. */
final class TokenizerWeightsOfOption {
  /** The option with the trained weights. */
  static final String RAW = "--tokenizer-weights-of raw";

  @Option(
      names = "--tokenizer-weights-of",
      paramLabel = "WHICH",
      description =
          "of a tokenizer trained with `ema`: average, or raw for the parameters as the last step"
              + " left them; those that made the generator's codes by default")
  private WeightsOf weights;

  /** Those that are asked for, if any are. */
  Optional<WeightsOf> wanted() {
    return Optional.ofNullable(weights);
  }
}
