package dev.lgc.runtime.train;

import dev.lgc.runtime.model.WeightsListener;
import java.nio.file.Path;
import java.util.Map;

/** A receiver of what a training run does. */
public interface TrainListener extends WeightsListener {
  /** Pictures are read beforehand, to find bad ones: {@code done} of {@code all}, by any thread. */
  default void scanned(long done, long all) {}

  /** Training goes from {@code done} steps to {@code steps}. */
  default void begins(long done, long steps) {}

  /** A step is done; called after each. */
  default void step(long done) {}

  /**
   * Takes the measurements since the last call, averaged.
   *
   * @param done steps
   * @param values losses, reports, {@code lr}, {@code gradient_norm}, {@code samples_per_second}
   */
  default void metrics(long done, Map<String, Double> values) {}

  /** The held-out losses, by objective. */
  default void heldOut(long done, Map<String, Double> losses) {}

  /** A checkpoint was written. */
  default void saved(long done, Path file) {}

  /** A picture of what the model can do was written. */
  default void drawn(long done, Path file) {}

  /** Something worth knowing before training begins: what the data are, say. */
  @Override
  default void note(String text) {}

  /** Something the user should know. */
  @Override
  default void warn(String text) {}
}
