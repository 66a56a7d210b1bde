package dev.lgc.runtime.model;

import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Which weights of a checkpoint: the trained parameters, or their average over the steps. */
public enum WeightsOf {
  /** The parameters, as the last step left them. */
  RAW,
  /** The exponential moving average of each parameter, where there is one. */
  AVERAGE;

  /** The share of first values in an average from which on it is worth a warning. */
  private static final double MUCH = 0.05;

  /** The fact of a checkpoint that says at which step its averages began. */
  public static final String AVERAGE_SINCE = "average_since";

  private static final String FACT = "weights_of";
  private static final String IMMATURE = "immature_averages";
  private static final String TAKES = " takes the trained weights";

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
  static WeightsOf choose(Path path, Optional<WeightsOf> wanted) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      WeightsOf best = best(file);
      if (best == RAW && wanted.equals(Optional.of(AVERAGE))) {
        throw BadInputException.in(
            path,
            "no averages of the parameters",
            "a checkpoint of a run with `ema`",
            "leave out --weights-of average");
      }
      return wanted.orElse(best);
    }
  }

  /**
   * Those that an artifact has with it.
   *
   * @throws BadInputException if others are wanted
   */
  static WeightsOf packed(Path path, Checkpoint about, Optional<WeightsOf> wanted) {
    String known = about.facts().getOrDefault(FACT, RAW.keyword());
    WeightsOf has = known.equals(AVERAGE.keyword()) ? AVERAGE : RAW;
    if (wanted.isPresent() && wanted.get() != has) {
      throw BadInputException.in(
          path,
          "its weights are " + has.keyword(),
          "--weights-of " + has.keyword(),
          "`lgc compile --weights-of` says which come with it");
    }
    return has;
  }

  /** What an artifact remembers of the weights that come with it. */
  Map<String, String> facts() {
    return Map.of(FACT, keyword());
  }

  /** The same as a word. */
  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Warns of averages that are still mostly what they began as, the first values or the parameters
   * of a later step. Whoever loads weights has this said, so that all commands say it alike.
   *
   * @param file where they are
   * @param of what the file says of them
   */
  public void warnIfImmature(Path file, Checkpoint of, WeightsListener listener) {
    if (this == AVERAGE) {
      immature(of).ifPresent(why -> listener.warn(file + ": " + why + listener.raw() + TAKES));
    }
  }

  /** The fact of an artifact whose averages are immature: why they are. */
  static Map<String, String> immatureFacts(Checkpoint of) {
    return immature(of).map(why -> Map.of(IMMATURE, why)).orElse(Map.of());
  }

  private static Optional<String> immature(Checkpoint of) {
    if (of.facts().containsKey(IMMATURE)) {
      return Optional.of(of.facts().get(IMMATURE));
    }
    Map<String, String> s = of.settings();
    double decay = Double.parseDouble(s.getOrDefault("ema", "0"));
    long since = Long.parseLong(of.facts().getOrDefault(AVERAGE_SINCE, "0"));
    double share = Math.pow(decay, of.step() - since);
    return decay == 0 || share < MUCH || Boolean.parseBoolean(s.get("ema_warmup"))
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "the averages are still %.0f %% the %s (ema %s, without"
                    + " ema_warmup, after %d steps): ",
                100 * share,
                since == 0 ? "model's first values" : "parameters of step " + since,
                s.get("ema"),
                of.step()));
  }
}
