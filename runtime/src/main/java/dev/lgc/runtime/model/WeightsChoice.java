package dev.lgc.runtime.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The weights of a checkpoint that a user asks for, and the option that does so.
 *
 * @param which of them; empty for averages where there are any
 * @param option as in messages: {@link #OPTION} or {@link #TOKENIZER_OPTION}
 */
public record WeightsChoice(Optional<WeightsOf> which, String option) {
  /** The option of most commands. */
  public static final String OPTION = "--weights-of";

  /** The option for a tokenizer, where the subject is a generator. */
  public static final String TOKENIZER_OPTION = "--tokenizer-weights-of";

  /** Averages where there are any. */
  public static WeightsChoice best() {
    return new WeightsChoice(Optional.empty(), OPTION);
  }

  /**
   * The weights of a file that may be meant, by preference: averages before the parameters.
   *
   * @throws dev.lgc.runtime.io.BadInputException if averages are asked for and there are none
   */
  public List<WeightsOf> candidates(Path file) {
    WeightsOf first = WeightsOf.choose(file, this);
    return which.isEmpty() && first == WeightsOf.AVERAGE
        ? List.of(WeightsOf.AVERAGE, WeightsOf.RAW)
        : List.of(first);
  }

  /** Other weights by the same option. */
  public WeightsChoice of(WeightsOf other) {
    return new WeightsChoice(Optional.of(other), option);
  }
}
