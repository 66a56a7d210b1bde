package dev.lgc.runtime.model;

import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A kind of weights of a checkpoint: the trained parameters, or their average over the steps. */
public enum WeightsOf {
  /** The parameters, as the last step left them. */
  RAW,
  /** The exponential moving average of each parameter, where there is one. */
  AVERAGE;

  /** The fact of a checkpoint that says at which step its averages began. */
  public static final String AVERAGE_SINCE = "average_since";

  private static final String FACT = "weights_of";

  /** Whether {@code file} is a checkpoint with averages. */
  static boolean hasAverages(SafetensorsFile file) {
    return file.names().stream().anyMatch(StoredId.Role.AVERAGE::isSaidBy);
  }

  /** Those that {@code file} has and a sampler should take: averages, if there are any. */
  static WeightsOf best(SafetensorsFile file) {
    return hasAverages(file) || WeightNames.hasAverages(file) ? AVERAGE : RAW;
  }

  /**
   * Those that are taken of a file.
   *
   * @throws BadInputException if averages are wanted and there are none
   */
  static WeightsOf choose(Path path, WeightsChoice wanted) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      WeightsOf best = best(file);
      if (best == RAW && wanted.which().equals(Optional.of(AVERAGE))) {
        throw BadInputException.in(
            path,
            "no averages of the parameters",
            "a checkpoint of a run with `ema`",
            "leave out " + wanted.option() + " average");
      }
      return wanted.which().orElse(best);
    }
  }

  /**
   * Those that an artifact has with it.
   *
   * @param option of {@code lgc compile}, which selected them
   * @throws BadInputException if others are wanted
   */
  static WeightsOf packed(Path path, Checkpoint about, WeightsChoice wanted, String option) {
    String known = about.facts().getOrDefault(FACT, RAW.keyword());
    WeightsOf has = known.equals(AVERAGE.keyword()) ? AVERAGE : RAW;
    if (wanted.which().isPresent() && wanted.which().get() != has) {
      throw BadInputException.in(
          path,
          "its weights are " + has.keyword(),
          wanted.option() + " " + has.keyword(),
          again(option, wanted.which().get()) + " packs the others");
    }
    return has;
  }

  /** The facts of an artifact about the weights that come with it. */
  Map<String, String> facts() {
    return Map.of(FACT, keyword());
  }

  private static String again(String option, WeightsOf which) {
    return "`lgc compile` again with `" + option + " " + which.keyword() + "`";
  }

  /** The same as a word. */
  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Warns of averages that are immature. Whatever loads weights has this said, so that all commands
   * say it alike.
   *
   * @param file where they are
   * @param of what the file says of them
   */
  public void warnIfImmature(Path file, Checkpoint of, WeightsListener listener) {
    warnIfImmature(file, of, listener, listener.option() + " raw takes the trained weights");
  }

  /**
   * Warns of averages that are immature and come with an artifact, which has no other weights.
   *
   * @param option of {@code lgc compile}, which selected them
   */
  void warnIfImmature(Path file, Checkpoint of, String option, WeightsListener listener) {
    warnIfImmature(file, of, listener, again(option, RAW) + " packs the trained weights");
  }

  private void warnIfImmature(Path file, Checkpoint of, WeightsListener listener, String usual) {
    if (this == AVERAGE) {
      ImmatureAverages.of(of)
          .ifPresent(i -> listener.warn(file + ": " + i.text() + ": " + listener.advice(usual)));
    }
  }
}
