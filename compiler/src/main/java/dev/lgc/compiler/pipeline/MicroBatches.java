package dev.lgc.compiler.pipeline;

import dev.lgc.dsl.model.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The differences that computing a batch in parts makes. The gradient of a part counts by its
 * share, so that a loss which is the mean of what its samples give by themselves is trained with
 * the same numbers, but for rounding. Of any other loss the parts' gradients add up to something
 * else.
 */
public final class MicroBatches {
  private MicroBatches() {}

  /**
   * A reason for which an objective is not trained with the same numbers.
   *
   * @param objective its name
   * @param why where and how it mixes samples; empty if it does not
   * @param random whether it draws random numbers, which differ from part to part
   */
  public record Difference(String objective, String why, boolean random) {}

  /**
   * The objectives that are trained with other numbers in parts than at once.
   *
   * @param small a model's objectives for some batch
   * @param large the same for a batch that is larger by {@code ratio}
   */
  public static List<Difference> differences(List<Entry> small, List<Entry> large, int ratio) {
    List<Difference> found = new ArrayList<>();
    Map<String, SampleUse> exported = new HashMap<>();
    Map<String, String> changed = new HashMap<>();
    for (Entry e : small) {
      e.updates()
          .keySet()
          .forEach(path -> changed.put(path, "which " + e.name() + " updates in every part"));
    }
    Map<String, Entry> named = new HashMap<>();
    large.forEach(e -> named.put(e.name(), e));
    for (Entry e : small) {
      BatchAnalysis analysis =
          new BatchAnalysis(e, named.get(e.name()), ratio, exported, Map.copyOf(changed));
      String why =
          switch (analysis.of("loss")) {
            case SampleUse.None n when n.power() == 0 -> "";
            case SampleUse.Sum s when s.power() == -1 -> "";
            case SampleUse.Sum _ ->
                e.where() + ": its loss is not the mean over the samples of a batch";
            case SampleUse.Mixed m -> m.where() + ": " + m.how();
            case SampleUse.None _, SampleUse.Each _ ->
                e.where() + ": its loss depends on how many samples a batch has";
          };
      boolean random = analysis.isRandom();
      if (!why.isEmpty() || random) {
        found.add(new Difference(e.name(), why, random));
      }
      for (String x : e.exports()) {
        exported.put(x, analysis.of(x));
      }
      // Batches in parts train all objectives at the end, others one after the other.
      e.over().forEach(path -> changed.put(path, "which " + e.name() + " trains before"));
    }
    return found;
  }
}
