package dev.lgc.runtime.simulate;

import java.util.List;

/**
 * A call of a training step, as far as its time goes.
 *
 * @param lane that it takes
 * @param step that it is of
 * @param label for reports
 * @param seconds that it takes by itself
 * @param after numbers of the collectives that must be complete before it starts
 */
record Activity(Lane lane, String step, String label, double seconds, List<Integer> after) {
  /** The things of a rank that are busy or idle. */
  enum Lane {
    COMPUTATION,
    COMMUNICATION
  }

  Activity {
    after = List.copyOf(after);
    if (!(seconds >= 0)) {
      throw new IllegalArgumentException(label + " takes " + seconds + " s");
    }
  }

  static Activity kernel(String step, String label, double seconds, List<Integer> after) {
    return new Activity(Lane.COMPUTATION, step, label, seconds, after);
  }

  static Activity collective(String step, String label, double seconds, List<Integer> after) {
    return new Activity(Lane.COMMUNICATION, step, label, seconds, after);
  }

  boolean isCollective() {
    return lane == Lane.COMMUNICATION;
  }
}
