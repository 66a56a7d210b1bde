package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.model.WeightsOf;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that selects weights of a checkpoint. */
final class WeightsOfOption {
  @Option(
      names = WeightsChoice.OPTION,
      paramLabel = "WHICH",
      description =
          "for a run with `ema`: average, the default, or raw for the parameters of the "
              + "last step")
  private WeightsOf weights;

  /** The weights that are asked for. */
  WeightsChoice wanted() {
    return new WeightsChoice(Optional.ofNullable(weights), WeightsChoice.OPTION);
  }
}
