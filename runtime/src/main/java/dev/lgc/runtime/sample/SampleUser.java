package dev.lgc.runtime.sample;

import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsListener;

/** The user of a {@link SampleJob}: it is told of what should be known, and may stop the job. */
public interface SampleUser {
  /** Takes a line. */
  void say(String line);

  /** The listener for weights that an option selects. */
  WeightsListener weights(String option);

  /** Takes the plan of a generator whose steps compute the whole sequence for each code. */
  void uncached(PlannedModel generator);

  /** Begins work that may be stopped, until it is closed. */
  Work begin();

  /** Work in progress. */
  public interface Work extends AutoCloseable {
    /** Returns true once the work should stop. */
    boolean isStopping();

    /** The exit code of the program if this work was asked to stop; 0 if it was not. */
    int stoppedBy();

    /** Another rank was asked to stop, and the program ends with its exit code. */
    void stoppedBy(int code);

    @Override
    void close();
  }
}
