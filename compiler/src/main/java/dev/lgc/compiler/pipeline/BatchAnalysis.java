package dev.lgc.compiler.pipeline;

import static dev.lgc.compiler.pipeline.SampleRules.COUNTS;
import static dev.lgc.compiler.pipeline.SampleRules.fixed;

import dev.lgc.compiler.pipeline.SampleUse.Mixed;
import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.Intrinsic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Derives how the values of an objective depend on the samples of a batch, from the objective for
 * two sizes of the batch: an axis is one of samples where their extents differ, and a constant that
 * differs in the same ratio is a power of the number of samples. {@link CallAnalysis} has the rules
 * of operations.
 */
final class BatchAnalysis {
  private final Entry small;
  private final Entry large;
  private final int ratio;
  private final Map<String, SampleUse> given;
  private final Map<String, String> changed;
  private final Map<Pair, SampleUse> known = new HashMap<>();
  private final Set<Pair> seen = new HashSet<>();
  private boolean random;

  /** A value of the small entry and the one in its place in the large one. */
  private record Pair(int small, int large) {}

  /**
   * @param ratio how many times as many samples the large batch has
   * @param given what earlier objectives export
   * @param changed what is stored and changes before a whole batch is computed in parts, or before
   *     this objective is computed at once: by path, how
   */
  BatchAnalysis(
      Entry small,
      Entry large,
      int ratio,
      Map<String, SampleUse> given,
      Map<String, String> changed) {
    this.small = small;
    this.large = large;
    this.ratio = ratio;
    this.given = given;
    this.changed = changed;
  }

  /** The dependence of an output on the samples. */
  SampleUse of(String output) {
    return of(new Pair(small.outputs().get(output), large.outputs().get(output)));
  }

  /** Returns true if what was looked at so far draws random numbers. */
  boolean isRandom() {
    return random;
  }

  /** The value in terms of its operands, each looked at once, without recursion. */
  private SampleUse of(Pair root) {
    List<Pair> stack = new ArrayList<>(List.of(root));
    while (!stack.isEmpty()) {
      Pair top = stack.getLast();
      Definition d = small.values().get(top.small());
      Definition e = large.values().get(top.large());
      if (known.containsKey(top)) {
        stack.removeLast();
        continue;
      }
      if (seen.add(top) && isPair(d, e) && d instanceof Call c) {
        for (int k = 0; k < c.operands().size(); k++) {
          stack.add(operand(c, (Call) e, k));
        }
        continue;
      }
      stack.removeLast();
      known.put(top, isPair(d, e) ? use(d, e) : new Mixed(d.where(), "this " + COUNTS));
    }
    return known.get(root);
  }

  private static Pair operand(Call c, Call e, int k) {
    return new Pair(c.operands().get(k), e.operands().get(k));
  }

  private static boolean isPair(Definition d, Definition e) {
    if (d.type().shape().rank() != e.type().shape().rank()) {
      return false;
    }
    return switch (d) {
      case Definition.Input i -> e instanceof Definition.Input j && i.name().equals(j.name());
      case Definition.Read r -> e instanceof Definition.Read s && r.path().equals(s.path());
      case Call c ->
          e instanceof Call f
              && c.operation() == f.operation()
              && c.operands().size() == f.operands().size()
              && fixed(c).equals(fixed(f));
    };
  }

  private SampleUse use(Definition d, Definition e) {
    return switch (d) {
      case Definition.Input i ->
          given.containsKey(i.name())
              ? given.get(i.name())
              : SampleAxes.of(d, e).samples(d.where(), ratio);
      case Definition.Read r -> read(r, e);
      case Call c -> call(c, (Call) e);
    };
  }

  private SampleUse read(Definition.Read r, Definition e) {
    String how = changed.get(r.path());
    if (how != null) {
      return new Mixed(r.where(), "this reads " + r.path() + ", " + how);
    }
    return SampleAxes.of(r, e).counted().isEmpty()
        ? SampleUse.NONE
        : new Mixed(r.where(), "this " + COUNTS);
  }

  private SampleUse call(Call c, Call e) {
    random |= c.operation() == Intrinsic.UNIFORM;
    List<SampleUse> x = new ArrayList<>();
    for (int k = 0; k < c.operands().size(); k++) {
      SampleUse u = known.get(operand(c, e, k));
      if (u instanceof Mixed) {
        return u;
      }
      x.add(u);
    }
    return new CallAnalysis(c, e, small.values(), large.values(), ratio, x).use();
  }
}
