package dev.lgc.runtime.train;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The outcome of a run.
 *
 * @param done steps done in all
 * @param steps steps the run has
 * @param checkpoint the newest; none if there was no step
 * @param folders what its folders of pictures hold, for scripts
 * @param bad pictures that cannot be read
 * @param interrupted whether it was Ctrl-C that ended it
 */
public record TrainResult(
    long done,
    long steps,
    Optional<Path> checkpoint,
    Map<String, Object> folders,
    BadPictures bad,
    boolean interrupted) {

  /** Returns true if all steps are done. */
  public boolean complete() {
    return done >= steps;
  }
}
