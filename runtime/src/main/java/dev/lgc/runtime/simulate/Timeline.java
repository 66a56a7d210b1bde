package dev.lgc.runtime.simulate;

import dev.lgc.runtime.simulate.Activity.Lane;
import java.util.ArrayList;
import java.util.List;

/**
 * A training step in time, on the two lanes of one rank.
 *
 * <pre>
 * computation    ████████████████████████··█████
 * communication       ▒▒▒▒▒▒▒▒ ▒▒▒▒▒▒▒▒▒▒▒▒▒
 *                                         ^^ waits
 * </pre>
 *
 * @param activities in the order in which the rank begins them
 * @param starts seconds at which each starts
 * @param waits of computing for collectives, in the order of time
 * @param seconds of the whole
 */
record Timeline(List<Activity> activities, List<Double> starts, List<Wait> waits, double seconds) {
  Timeline {
    activities = List.copyOf(activities);
    starts = List.copyOf(starts);
    waits = List.copyOf(waits);
  }

  /**
   * A time in which nothing is computed, but something is communicated.
   *
   * @param before number of the activity that waits; as many as there are for the end
   */
  record Wait(int before, double start, double seconds) {
    double end() {
      return start + seconds;
    }
  }

  /**
   * Plays a step as a rank runs it: call after call. A kernel takes its seconds. A collective
   * starts when the one before it is complete, and overlaps with the calls that follow; calls that
   * must not begin before it is complete wait.
   *
   * @param atEnd numbers of the collectives for which the end waits
   */
  static Timeline of(List<Activity> activities, List<Integer> atEnd) {
    double[] ends = new double[activities.size()];
    List<Double> starts = new ArrayList<>(activities.size());
    List<Wait> waits = new ArrayList<>();
    double now = 0;
    double free = 0;
    for (int i = 0; i < activities.size(); i++) {
      Activity a = activities.get(i);
      now = await(i, a.after(), ends, now, waits);
      double start = a.isCollective() ? Math.max(now, free) : now;
      starts.add(start);
      ends[i] = start + a.seconds();
      if (a.isCollective()) {
        free = ends[i];
      } else {
        now = ends[i];
      }
    }
    now = await(activities.size(), atEnd, ends, now, waits);
    return new Timeline(activities, starts, waits, now);
  }

  private static double await(
      int before, List<Integer> after, double[] ends, double now, List<Wait> waits) {
    double until = now;
    for (int c : after) {
      until = Math.max(until, ends[c]);
    }
    if (until > now) {
      waits.add(new Wait(before, now, until - now));
    }
    return until;
  }

  double end(int activity) {
    return starts.get(activity) + activities.get(activity).seconds();
  }

  /** Seconds in which a lane is busy. */
  double busy(Lane lane) {
    return activities.stream().filter(a -> a.lane() == lane).mapToDouble(Activity::seconds).sum();
  }

  /** Seconds of collectives for which computing waits. */
  double exposed() {
    return waits.stream().mapToDouble(Wait::seconds).sum();
  }

  /** Seconds of collectives that overlap with computing. */
  double hidden() {
    return Math.max(0, busy(Lane.COMMUNICATION) - exposed());
  }

  /** The share of the time in which something is computed. */
  double efficiency() {
    return seconds == 0 ? 1 : busy(Lane.COMPUTATION) / seconds;
  }

  /** Seconds of an activity in which computing waits: it is that for which it waits then. */
  double exposed(int activity) {
    double sum = 0;
    for (Wait w : waits) {
      sum +=
          Math.max(0, Math.min(end(activity), w.end()) - Math.max(starts.get(activity), w.start()));
    }
    return sum;
  }
}
