package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.model.WeightsOf;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The option for which weights of a tokenizer's checkpoint are used, where a generator is the
 * subject.
 */
final class TokenizerWeightsOfOption {
  @Option(
      names = WeightsChoice.TOKENIZER_OPTION,
      paramLabel = "WHICH",
      description =
          "of a tokenizer trained with `ema`: average, or raw for the parameters as the last step"
              + " left them; by default those that made the"
              + " generator's codes, or average where the generator does not say which did")
  private WeightsOf weights;

  /** The weights that are asked for. */
  WeightsChoice wanted() {
    return new WeightsChoice(Optional.ofNullable(weights), WeightsChoice.TOKENIZER_OPTION);
  }
}
