package dev.lgc.compiler.pipeline;

import static dev.lgc.compiler.pipeline.SampleRules.COUNTS;
import static dev.lgc.compiler.pipeline.SampleRules.STATISTIC;
import static dev.lgc.compiler.pipeline.SampleRules.alike;
import static dev.lgc.compiler.pipeline.SampleRules.at;
import static dev.lgc.compiler.pipeline.SampleRules.chosen;
import static dev.lgc.compiler.pipeline.SampleRules.fixed;
import static dev.lgc.compiler.pipeline.SampleRules.mixed;
import static dev.lgc.compiler.pipeline.SampleRules.plain;
import static dev.lgc.compiler.pipeline.SampleRules.power;
import static dev.lgc.compiler.pipeline.SampleRules.product;
import static dev.lgc.compiler.pipeline.SampleRules.scaled;
import static dev.lgc.compiler.pipeline.SampleRules.sum;

import dev.lgc.compiler.pipeline.SampleUse.Each;
import dev.lgc.compiler.pipeline.SampleUse.Mixed;
import dev.lgc.compiler.pipeline.SampleUse.None;
import dev.lgc.compiler.pipeline.SampleUse.Sum;
import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.type.Intrinsic;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Derives how the values of an objective depend on the samples of a batch, from the objective for
 * two sizes of the batch: an axis is one of samples where their extents differ, and a constant that
 * differs in the same ratio is a power of the number of samples. Whatever has no rule here counts
 * as mixing samples.
 */
final class BatchAnalysis {
  private static final int MOST_POWER = 3;

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

  /** How an output depends on the samples. */
  SampleUse of(String output) {
    return of(new Pair(small.outputs().get(output), large.outputs().get(output)));
  }

  /** Whether what was looked at so far draws random numbers. */
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
      case Definition.Input i -> given.containsKey(i.name()) ? given.get(i.name()) : samples(d, e);
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

  /** What has a value of its own for each sample. */
  private SampleUse samples(Definition d, Definition e) {
    SampleAxes axes = SampleAxes.of(d, e);
    List<Integer> counted = axes.counted();
    if (counted.isEmpty()) {
      return SampleUse.NONE;
    }
    return counted.size() == 1 && axes.inRatio(counted.getFirst(), ratio)
        ? new Each(counted.getFirst(), 0)
        : new Mixed(d.where(), "this " + COUNTS);
  }

  private SampleAxes axes(Call c, Call e, int k) {
    Pair p = operand(c, e, k);
    return SampleAxes.of(small.values().get(p.small()), large.values().get(p.large()));
  }

  /** Whether an axis that an operation works along is counted. */
  private boolean countedAmong(Call c, Call e, List<Integer> axes) {
    return axes.stream().anyMatch(axes(c, e, 0)::counted);
  }

  private Shape shape(Call c, int k) {
    return small.values().get(c.operands().get(k)).type().shape();
  }

  private SampleUse call(Call c, Call e) {
    List<SampleUse> x = new ArrayList<>();
    for (int k = 0; k < c.operands().size(); k++) {
      SampleUse u = known.get(operand(c, e, k));
      if (u instanceof Mixed) {
        return u;
      }
      x.add(u);
    }
    return switch (c.operation()) {
      case CONSTANT -> constant(c, e);
      case STEP -> SampleUse.NONE;
      case IOTA ->
          SampleAxes.of(c, e).counted().isEmpty()
              ? SampleUse.NONE
              : mixed(c, "numbers the samples of a batch");
      case UNIFORM -> {
        random = true;
        yield samples(c, e);
      }
      case NEG, STOP_GRADIENT -> x.getFirst();
      case CAST -> c.type().dtype().isFloat() ? x.getFirst() : plain(c, x);
      case EXP,
          LOG,
          SQRT,
          RSQRT,
          SIN,
          COS,
          TANH,
          ERF,
          SIGMOID,
          SILU,
          RELU,
          ABS,
          FLOOR,
          NOT,
          GELU,
          SOFTPLUS,
          LEAKY_RELU ->
          plain(c, x);
      case POW, MIN, MAX, LT, LE, GT, GE, EQ, NE, AND, OR -> plain(c, aligned(c, x));
      case ADD, SUB, STRAIGHT_THROUGH -> sum(c, aligned(c, x));
      case WHERE -> chosen(c, aligned(c, x));
      case MUL -> product(c, aligned(c, x), 1);
      case DIV -> product(c, aligned(c, x), -1);
      case SUM, MEAN -> folded(c, e, x.getFirst(), c.operation() == Intrinsic.MEAN);
      case REDUCE_MAX, REDUCE_MIN, LOGSUMEXP, ARGMAX, ARGMIN ->
          countedAmong(c, e, axes(c))
              ? mixed(c, "compares the samples of a batch")
              : moved(c, plain(c, x));
      case SOFTMAX, LOG_SOFTMAX ->
          countedAmong(c, e, List.of(number(c, "axis")))
              ? mixed(c, "compares the samples of a batch")
              : plain(c, x);
      case RESHAPE -> reshaped(c, e, x.getFirst());
      case TRANSPOSE -> {
        List<?> p = (List<?>) c.attributes().get("permutation");
        yield at(x.getFirst(), a -> p.indexOf(a));
      }
      case SLICE, UPSAMPLE_NEAREST ->
          axes(c, e, 0).untouched(SampleAxes.of(c, e))
              ? x.getFirst()
              : mixed(c, "takes the samples of a batch apart");
      case PAD ->
          !axes(c, e, 0).untouched(SampleAxes.of(c, e))
              ? mixed(c, "takes the samples of a batch apart")
              : (Double) c.attributes().get("value") == 0
                  ? x.getFirst()
                  : alike(c, List.of(x.getFirst(), SampleUse.NONE));
      case CONCAT ->
          SampleAxes.of(c, e).counted(number(c, "axis"))
              ? mixed(c, "joins samples to a batch")
              : alike(c, x);
      case BROADCAST -> {
        int lead = c.type().shape().rank() - shape(c, 0).rank();
        yield at(x.getFirst(), a -> a + lead);
      }
      case GATHER, CONV2D, ATTEND, ROTATE, MAX_POOL2D, AVG_POOL2D, PICK -> perSample(c, e, x);
      case CONTRACT -> contracted(c, e, x);
      case GRADIENT -> x.getFirst();
    };
  }

  private SampleUse constant(Call c, Call e) {
    double a = (Double) c.attributes().get("value");
    double b = (Double) e.attributes().get("value");
    for (int p = -MOST_POWER; p <= MOST_POWER; p++) {
      if (Math.abs(a * Math.pow(ratio, p) - b) <= 1e-9 * Math.abs(b) && (p == 0 || a != b)) {
        return new None(p);
      }
    }
    return a == b ? SampleUse.NONE : mixed(c, COUNTS);
  }

  private static int number(Call c, String attribute) {
    return ((Number) c.attributes().get(attribute)).intValue();
  }

  private static List<Integer> axes(Call c) {
    return ((List<?>) c.attributes().get("axes"))
        .stream().map(a -> ((Number) a).intValue()).toList();
  }

  /** Operands of lower rank stretch: their axes count from the end. */
  private List<SampleUse> aligned(Call c, List<SampleUse> x) {
    int rank = c.type().shape().rank();
    List<SampleUse> out = new ArrayList<>();
    for (int k = 0; k < x.size(); k++) {
      int lead = rank - shape(c, k).rank();
      out.add(at(x.get(k), a -> a + lead));
    }
    return out;
  }

  private SampleUse folded(Call c, Call e, SampleUse x, boolean mean) {
    List<Integer> axes = axes(c);
    SampleAxes of = axes(c, e, 0);
    List<Integer> counted = of.counted().stream().filter(axes::contains).toList();
    if (!counted.stream().allMatch(a -> of.inRatio(a, ratio))) {
      return mixed(c, COUNTS);
    }
    int samples = x instanceof Each i && counted.contains(i.axis()) ? 1 : 0;
    // Along other axes that are counted, the same numbers stand for every sample.
    int power = power(x) + (mean ? -samples : counted.size() - samples);
    return samples == 1 ? new Sum(power) : moved(c, scaled(x, power));
  }

  /** The axis of samples after some axes were folded away. */
  private static SampleUse moved(Call c, SampleUse x) {
    boolean keep = Boolean.TRUE.equals(c.attributes().get("keep"));
    List<Integer> axes = axes(c);
    return keep ? x : at(x, a -> a - (int) axes.stream().filter(f -> f < a).count());
  }

  /** Samples stay in order along the axis that begins where theirs does. */
  private SampleUse reshaped(Call c, Call e, SampleUse x) {
    if (!axes(c, e, 0).sameOrder(SampleAxes.of(c, e), ratio)) {
      return mixed(c, "puts different samples together");
    }
    if (!(x instanceof Each i)) {
      return x;
    }
    Shape from = shape(c, 0);
    Shape to = c.type().shape();
    long before = 1;
    for (int a = 0; a < i.axis(); a++) {
      before *= from.dim(a);
    }
    long so = 1;
    for (int a = 0; a < to.rank(); a++) {
      if (so == before && to.dim(a) != e.type().shape().dim(a)) {
        return new Each(a, i.power());
      }
      so *= to.dim(a);
    }
    return mixed(c, "puts different samples together");
  }

  /** Operations that compute every sample alone, along their first axis. */
  private SampleUse perSample(Call c, Call e, List<SampleUse> x) {
    if (worksAlongOthers(c, e, x)) {
      return mixed(c, COUNTS);
    }
    boolean table = c.operation() == Intrinsic.GATHER || c.operation() == Intrinsic.CONV2D;
    SampleUse fixed = table ? x.get(c.operation() == Intrinsic.GATHER ? 0 : 1) : SampleUse.NONE;
    SampleUse rest = table ? x.get(c.operation() == Intrinsic.GATHER ? 1 : 0) : alike(c, x);
    if (rest instanceof Mixed) {
      return rest;
    }
    boolean plain = power(rest) == 0 && !(rest instanceof Sum) && fixed.equals(SampleUse.NONE);
    boolean inOrder =
        !(rest instanceof Each i)
            || i.axis() == 0
            || c.operation() == Intrinsic.GATHER
            || c.operation() == Intrinsic.PICK;
    return plain && inOrder ? rest : mixed(c, STATISTIC);
  }

  /** Whether an operation looks along an axis that has the same numbers for every sample. */
  private boolean worksAlongOthers(Call c, Call e, List<SampleUse> x) {
    for (int k = 0; k < x.size(); k++) {
      SampleAxes of = axes(c, e, k);
      boolean along =
          switch (c.operation()) {
            case GATHER -> k == 0 && !of.counted().isEmpty();
            case PICK -> k == 0 && of.counted(of.small().rank() - 1);
            default -> of.counted().stream().anyMatch(a -> a > 0);
          };
      if (along) {
        return true;
      }
    }
    return false;
  }

  private SampleUse contracted(Call c, Call e, List<SampleUse> x) {
    String spec = (String) c.attributes().get("spec");
    String result = spec.substring(spec.indexOf("->") + 2);
    String[] labels = spec.substring(0, spec.indexOf("->")).split(",", -1);
    Set<Character> samples = new HashSet<>();
    for (int k = 0; k < 2; k++) {
      if (x.get(k) instanceof Each i) {
        samples.add(labels[k].charAt(i.axis()));
      }
    }
    for (int k = 0; k < 2; k++) {
      for (int a : axes(c, e, k).counted()) {
        char label = labels[k].charAt(a);
        if (result.indexOf(label) < 0 && !samples.contains(label)) {
          return mixed(c, COUNTS);
        }
      }
    }
    int power = power(x.get(0)) + power(x.get(1));
    boolean sums = x.stream().anyMatch(Sum.class::isInstance);
    boolean fixed = x.stream().anyMatch(None.class::isInstance);
    if (samples.isEmpty()) {
      return sums && !fixed ? mixed(c, STATISTIC) : sums ? new Sum(power) : new None(power);
    }
    if (sums || samples.size() > 1) {
      return mixed(c, sums ? STATISTIC : "pairs samples of a batch");
    }
    char label = samples.iterator().next();
    return result.indexOf(label) >= 0 ? new Each(result.indexOf(label), power) : new Sum(power);
  }
}
