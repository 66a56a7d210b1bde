package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Averages of what the steps report, between two lines of the log. */
final class Meters {
  private final List<ObjectiveRunner> objectives;
  private final List<String> names = new ArrayList<>();
  private final int[] first;
  private final double[] sums;
  private final double[] counts;
  private final int samples;
  private double rate;
  private long steps;
  private long since = System.nanoTime();

  Meters(List<ObjectiveRunner> objectives, RunConfig config) {
    this.objectives = objectives;
    this.samples = config.batch();
    this.first = new int[objectives.size()];
    for (int i = 0; i < objectives.size(); i++) {
      ObjectiveRunner o = objectives.get(i);
      first[i] = names.size();
      String prefix = objectives.size() == 1 ? "" : o.entry().name() + ".";
      o.scalars().forEach(s -> names.add(prefix + s));
      names.add(prefix + "gradient_norm");
    }
    this.sums = new double[names.size()];
    this.counts = new double[names.size()];
  }

  /** Counts the loss and the reports of one micro-batch. */
  void add(ObjectiveRunner o, StepIo io) {
    int at = first[objectives.indexOf(o)];
    for (int i = 0; i < o.scalars().size(); i++) {
      sums[at + i] += io.scalar(i);
      counts[at + i]++;
    }
  }

  /** Counts the length of a gradient. */
  void norm(ObjectiveRunner o, float norm) {
    int at = first[objectives.indexOf(o)] + o.scalars().size();
    sums[at] += norm;
    counts[at]++;
  }

  void stepDone(double learningRate) {
    rate = learningRate;
    steps++;
  }

  /** The averages, by name; starts anew. */
  Map<String, Double> read() {
    Map<String, Double> all = new LinkedHashMap<>();
    for (int i = 0; i < sums.length; i++) {
      all.put(names.get(i), sums[i] / Math.max(1, counts[i]));
    }
    long now = System.nanoTime();
    all.put("lr", rate);
    all.put("samples_per_second", steps * samples * 1e9 / Math.max(1, now - since));
    Arrays.fill(sums, 0);
    Arrays.fill(counts, 0);
    steps = 0;
    since = now;
    return all;
  }
}
