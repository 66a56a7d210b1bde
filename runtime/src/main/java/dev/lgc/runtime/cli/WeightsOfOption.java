package dev.lgc.runtime.cli;

import dev.lgc.runtime.model.WeightsOf;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which weights of a checkpoint are used. */
final class WeightsOfOption {
  /** The option with the trained weights. */
  static final String RAW = "--weights-of raw";

  @Option(
      names = "--weights-of",
      paramLabel = "WHICH",
      description =
          "for a run with `ema`: average, the default, or raw for the parameters of the "
              + "last step")
  private WeightsOf weights;

  /** Those that are asked for, if any are. */
  Optional<WeightsOf> wanted() {
    return Optional.ofNullable(weights);
  }
}
