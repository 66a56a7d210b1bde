package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.model.WeightsOf;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that selects weights of a tokenizer's checkpoint, in commands about a generator. */
final class TokenizerWeightsOfOption {
  @Option(
      names = WeightsChoice.TOKENIZER_OPTION,
      paramLabel = "WHICH",
      description =
          "of a tokenizer trained with `ema`: average, or raw for the parameters of the last step;"
              + " by default those that made the generator's codes, or average if they are unknown")
  private WeightsOf weights;

  /** The weights that are asked for. */
  WeightsChoice wanted() {
    return new WeightsChoice(Optional.ofNullable(weights), WeightsChoice.TOKENIZER_OPTION);
  }
}
