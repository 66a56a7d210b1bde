package dev.lgc.runtime.model;

import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.runtime.io.SafetensorsFile;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** A kind of weights of a checkpoint: the trained parameters, or their average over the steps. */
public enum WeightsOf {
  /** The parameters, as the last step left them. */
  RAW,
  /** The exponential moving average of each parameter, where there is one. */
  AVERAGE;

  /** The fact of a checkpoint that says at which step its averages began. */
  public static final String AVERAGE_SINCE = "average_since";

  private static final String FACT = "weights_of";

  /** Returns true if {@code file} is a checkpoint with averages. */
  static boolean hasAverages(SafetensorsFile file) {
    return file.names().stream().anyMatch(StoredId.Role.AVERAGE::isSaidBy);
  }

  /** Those that {@code file} has and a sampler should take: averages, if there are any. */
  static WeightsOf best(SafetensorsFile file) {
    return hasAverages(file) || WeightNames.hasAverages(file) ? AVERAGE : RAW;
  }

  /** The weights that come with an artifact, by its {@link #facts}. */
  static WeightsOf packed(Map<String, String> facts) {
    return facts.getOrDefault(FACT, RAW.keyword()).equals(AVERAGE.keyword()) ? AVERAGE : RAW;
  }

  /** The facts of an artifact about the weights that come with it. */
  Map<String, String> facts() {
    return Map.of(FACT, keyword());
  }

  /** The advice to compile an artifact with other weights. */
  static String again(String option, WeightsOf which) {
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
