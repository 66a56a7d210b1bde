package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.pipeline.SampleUse.Each;
import dev.lgc.compiler.pipeline.SampleUse.Mixed;
import dev.lgc.compiler.pipeline.SampleUse.None;
import dev.lgc.compiler.pipeline.SampleUse.Sum;
import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.type.Intrinsic;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Rules of a result's dependence on the samples of a batch, by that of its operands. {@link
 * CallAnalysis} says which rule an operation follows.
 */
final class SampleRules {
  static final String COUNTS = "depends on how many samples a batch has";
  static final String STATISTIC = "computes with a statistic of the batch";

  private SampleRules() {}

  static Mixed mixed(Call c, String how) {
    String name = c.operation().name().toLowerCase(Locale.ROOT);
    return new Mixed(c.where(), "`" + name + "` " + how);
  }

  /** The attributes that are not the extent of an axis, or a number that has rules of its own. */
  static Map<String, Object> fixed(Call c) {
    if (c.operation() == Intrinsic.CONSTANT) {
      return Map.of();
    }
    Map<String, Object> fixed = new HashMap<>(c.attributes());
    if (c.operation() == Intrinsic.SLICE) {
      fixed.remove("stop");
    }
    return fixed;
  }

  interface Axes {
    int to(int axis);
  }

  static SampleUse at(SampleUse x, Axes axes) {
    return x instanceof Each i ? new Each(axes.to(i.axis()), i.power()) : x;
  }

  /** Functions of numbers: of a sum over samples they are no sum over samples. */
  static SampleUse plain(Call c, List<SampleUse> x) {
    SampleUse all = alike(c, x);
    return switch (all) {
      case None n when n.power() == 0 -> all;
      case Each i when i.power() == 0 -> all;
      case Sum _ -> mixed(c, STATISTIC);
      case None _, Each _ -> mixed(c, COUNTS);
      case Mixed _ -> all;
    };
  }

  /** The use of samples that values have in common which are put side by side. */
  static SampleUse alike(Call c, List<SampleUse> x) {
    SampleUse all = x.getFirst();
    for (SampleUse u : x) {
      all = alike(c, all, u);
    }
    return all;
  }

  private static SampleUse alike(Call c, SampleUse a, SampleUse b) {
    if (a.equals(b) || a instanceof Mixed) {
      return a;
    }
    boolean samePower = power(a) == power(b);
    if (samePower && a instanceof None && b instanceof Each) {
      return b;
    }
    return samePower && a instanceof Each && b instanceof None ? a : mixed(c, differ(a, b));
  }

  private static String differ(SampleUse a, SampleUse b) {
    if (a instanceof Sum || b instanceof Sum) {
      return STATISTIC;
    }
    return power(a) == power(b) ? "puts different samples together" : COUNTS;
  }

  static SampleUse sum(Call c, List<SampleUse> x) {
    SampleUse a = x.get(0);
    SampleUse b = x.get(1);
    // What is added once to a mean of n samples is added to the mean of every part.
    if (a instanceof Sum s && b instanceof None n && n.power() == s.power() + 1) {
      return a;
    }
    if (b instanceof Sum s && a instanceof None n && n.power() == s.power() + 1) {
      return b;
    }
    return alike(c, x);
  }

  static SampleUse chosen(Call c, List<SampleUse> x) {
    if (x.getFirst().equals(SampleUse.NONE)) {
      return sum(c, x.subList(1, 3));
    }
    SampleUse all = alike(c, x); // a choice by sample is like any function of numbers
    return all instanceof Sum ? mixed(c, STATISTIC) : all;
  }

  /**
   * @param sign of the second operand's power: 1 to multiply, -1 to divide by it
   */
  static SampleUse product(Call c, List<SampleUse> x, int sign) {
    SampleUse a = x.get(0);
    SampleUse b = x.get(1);
    int power = power(a) + sign * power(b);
    if (a instanceof None && b instanceof None) {
      return new None(power);
    }
    if (b instanceof None) {
      return scaled(a, power);
    }
    if (a instanceof None && (sign > 0 || b instanceof Each)) {
      return scaled(b, power);
    }
    if (a instanceof Each i && b instanceof Each j && i.axis() == j.axis()) {
      return new Each(i.axis(), power);
    }
    return mixed(c, differ(a, b));
  }

  static int power(SampleUse x) {
    return switch (x) {
      case None n -> n.power();
      case Each i -> i.power();
      case Sum s -> s.power();
      case Mixed _ -> 0;
    };
  }

  static SampleUse scaled(SampleUse x, int power) {
    return switch (x) {
      case None _ -> new None(power);
      case Each i -> new Each(i.axis(), power);
      case Sum _ -> new Sum(power);
      case Mixed m -> m;
    };
  }
}
