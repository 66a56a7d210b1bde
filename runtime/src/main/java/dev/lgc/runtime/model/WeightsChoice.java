package dev.lgc.runtime.model;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
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
   * @throws BadInputException if averages are asked for and there are none
   */
  public List<WeightsOf> candidates(Path file) {
    WeightsOf first = choose(file);
    return which.isEmpty() && first == WeightsOf.AVERAGE
        ? List.of(WeightsOf.AVERAGE, WeightsOf.RAW)
        : List.of(first);
  }

  /**
   * Those that are taken of a file.
   *
   * @throws BadInputException if averages are wanted and there are none
   */
  WeightsOf choose(Path path) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      WeightsOf best = WeightsOf.best(file);
      if (best == WeightsOf.RAW && which.equals(Optional.of(WeightsOf.AVERAGE))) {
        throw BadInputException.in(
            path,
            "no averages of the parameters",
            "a checkpoint of a run with `ema`",
            "leave out " + option + " average");
      }
      return which.orElse(best);
    }
  }

  /**
   * Those that an artifact has with it.
   *
   * @param compileOption of {@code lgc compile}, which selected them
   * @throws BadInputException if others are wanted
   */
  WeightsOf packed(Path path, Checkpoint about, String compileOption) {
    WeightsOf has = WeightsOf.packed(about.facts());
    if (which.isPresent() && which.get() != has) {
      throw BadInputException.in(
          path,
          "its weights are " + has.keyword(),
          option + " " + has.keyword(),
          WeightsOf.again(compileOption, which.get()) + " packs the others");
    }
    return has;
  }

  /** Other weights by the same option. */
  public WeightsChoice of(WeightsOf other) {
    return new WeightsChoice(Optional.of(other), option);
  }
}
