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

  /** Sums and counts before the step that is being done. */
  private final double[] keptSums;

  private final double[] keptCounts;

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
    this.keptSums = new double[names.size()];
    this.keptCounts = new double[names.size()];
  }

  /** Remembers what was counted, before a step that may be given up. */
  void keep() {
    System.arraycopy(sums, 0, keptSums, 0, sums.length);
    System.arraycopy(counts, 0, keptCounts, 0, counts.length);
  }

  /** Forgets what was counted since {@link #keep}, in a step that was given up. */
  void restore() {
    System.arraycopy(keptSums, 0, sums, 0, sums.length);
    System.arraycopy(keptCounts, 0, counts, 0, counts.length);
  }

  /**
   * The counts since the last line of the log, as text, for a checkpoint to keep: a run that goes
   * on then writes the line that it would have written.
   */
  String state() {
    StringBuilder s = new StringBuilder();
    for (int i = 0; i < sums.length; i++) {
      s.append(s.isEmpty() ? "" : " ").append(names.get(i));
      s.append(' ').append(Double.toHexString(sums[i]));
      s.append(' ').append(Double.toHexString(counts[i]));
    }
    return s.toString();
  }

  /** Goes on from {@link #state}; from nothing if it is of other meters. */
  void restore(String state) {
    String[] words = state.split(" ");
    if (words.length != 3 * sums.length) {
      return;
    }
    double[] values = new double[2 * sums.length];
    try {
      for (int i = 0; i < sums.length; i++) {
        if (!words[3 * i].equals(names.get(i))) {
          return;
        }
        values[2 * i] = Double.parseDouble(words[3 * i + 1]);
        values[2 * i + 1] = Double.parseDouble(words[3 * i + 2]);
      }
    } catch (NumberFormatException e) {
      return; // another version wrote it
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] = values[2 * i];
      counts[i] = values[2 * i + 1];
    }
  }

  /** Counts the loss and the reports of one part of a batch, from place {@code from} on. */
  void add(ObjectiveRunner o, double[] values, int from) {
    int at = first[objectives.indexOf(o)];
    for (int i = 0; i < o.scalars().size(); i++) {
      sums[at + i] += values[from + i];
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
