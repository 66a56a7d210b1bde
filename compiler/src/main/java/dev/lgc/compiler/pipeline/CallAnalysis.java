package dev.lgc.compiler.pipeline;

import static dev.lgc.compiler.pipeline.SampleRules.COUNTS;
import static dev.lgc.compiler.pipeline.SampleRules.STATISTIC;
import static dev.lgc.compiler.pipeline.SampleRules.alike;
import static dev.lgc.compiler.pipeline.SampleRules.at;
import static dev.lgc.compiler.pipeline.SampleRules.chosen;
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
import dev.lgc.dsl.type.Intrinsic;
import dev.lgc.dsl.type.Pointwise;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The use of a batch's samples by the result of one call, from the uses by its operands.
 *
 * <pre>
 * x: Each(0)   w: None                 contract("bi,oi->bo", x, w): Each(0)    a row for each sample
 * x: Each(0)                           mean(x): Sum(-1)                        the mean over all samples
 * s: Sum(-1)                           exp(s): Mixed                           no sum of what each gives
 * </pre>
 *
 * @param c the call for a small batch
 * @param e the call in its place for a large one
 * @param of all values for the small batch
 * @param ofLarge all values for the large one
 * @param ratio how many times as many samples the large batch has
 * @param x the uses by the operands, none of them mixed
 */
record CallAnalysis(
    Call c, Call e, List<Definition> of, List<Definition> ofLarge, int ratio, List<SampleUse> x) {
  private static final int MOST_POWER = 3;

  /** The use by the result. An operation without a rule counts as mixing samples. */
  SampleUse use() {
    Optional<Pointwise> kind = c.operation().pointwise();
    if (kind.isPresent()) {
      return pointwise(kind.get());
    }
    return switch (c.operation()) {
      case CONSTANT -> constant();
      case STEP -> SampleUse.NONE;
      case IOTA ->
          SampleAxes.of(c, e).counted().isEmpty()
              ? SampleUse.NONE
              : mixed(c, "numbers the samples of a batch");
      case UNIFORM -> SampleAxes.of(c, e).samples(c.where(), ratio);
      case SUM, MEAN -> folded(c.operation() == Intrinsic.MEAN);
      case REDUCE_MAX, REDUCE_MIN, LOGSUMEXP, ARGMAX, ARGMIN ->
          countedAmong(foldedAxes())
              ? mixed(c, "compares the samples of a batch")
              : moved(plain(c, x));
      case SOFTMAX, LOG_SOFTMAX ->
          countedAmong(List.of(number("axis")))
              ? mixed(c, "compares the samples of a batch")
              : plain(c, x);
      case RESHAPE -> reshaped();
      case TRANSPOSE -> {
        List<?> p = (List<?>) c.attributes().get("permutation");
        yield at(x.getFirst(), a -> p.indexOf(a));
      }
      case SLICE, UPSAMPLE_NEAREST ->
          axes(0).untouched(SampleAxes.of(c, e))
              ? x.getFirst()
              : mixed(c, "takes the samples of a batch apart");
      case PAD ->
          !axes(0).untouched(SampleAxes.of(c, e))
              ? mixed(c, "takes the samples of a batch apart")
              : (Double) c.attributes().get("value") == 0
                  ? x.getFirst()
                  : alike(c, List.of(x.getFirst(), SampleUse.NONE));
      case CONCAT ->
          SampleAxes.of(c, e).counted(number("axis"))
              ? mixed(c, "joins samples to a batch")
              : alike(c, x);
      case BROADCAST -> {
        int lead = c.type().shape().rank() - shape(0).rank();
        yield at(x.getFirst(), a -> a + lead);
      }
      case GATHER, CONV2D, ATTEND, ROTATE, MAX_POOL2D, AVG_POOL2D, PICK -> perSample();
      case CONTRACT -> contracted();
      case GRADIENT -> x.getFirst();
      default -> mixed(c, "may mix the samples of a batch");
    };
  }

  private SampleUse pointwise(Pointwise kind) {
    List<SampleUse> y = aligned();
    return switch (kind) {
      case LINEAR -> y.getFirst();
      case CONVERSION -> c.type().dtype().isFloat() ? y.getFirst() : plain(c, y);
      case SUM -> sum(c, y);
      case PRODUCT -> product(c, y, 1);
      case QUOTIENT -> product(c, y, -1);
      case CHOICE -> chosen(c, y);
      case FUNCTION -> plain(c, y);
    };
  }

  private SampleAxes axes(int k) {
    return SampleAxes.of(of.get(c.operands().get(k)), ofLarge.get(e.operands().get(k)));
  }

  /** Returns true if an axis that an operation works along is counted. */
  private boolean countedAmong(List<Integer> axes) {
    SampleAxes first = axes(0);
    for (int a : axes) {
      if (first.counted(a)) {
        return true;
      }
    }
    return false;
  }

  private Shape shape(int k) {
    return of.get(c.operands().get(k)).type().shape();
  }

  private SampleUse constant() {
    double a = (Double) c.attributes().get("value");
    double b = (Double) e.attributes().get("value");
    for (int p = -MOST_POWER; p <= MOST_POWER; p++) {
      if (Math.abs(a * Math.pow(ratio, p) - b) <= 1e-9 * Math.abs(b) && (p == 0 || a != b)) {
        return new None(p);
      }
    }
    return a == b ? SampleUse.NONE : mixed(c, COUNTS);
  }

  private int number(String attribute) {
    return ((Number) c.attributes().get(attribute)).intValue();
  }

  private List<Integer> foldedAxes() {
    return ((List<?>) c.attributes().get("axes"))
        .stream().map(a -> ((Number) a).intValue()).toList();
  }

  /** Operands of lower rank stretch: their axes count from the end. */
  private List<SampleUse> aligned() {
    int rank = c.type().shape().rank();
    List<SampleUse> out = new ArrayList<>();
    for (int k = 0; k < x.size(); k++) {
      int lead = rank - shape(k).rank();
      out.add(at(x.get(k), a -> a + lead));
    }
    return out;
  }

  private SampleUse folded(boolean mean) {
    List<Integer> axes = foldedAxes();
    SampleUse y = x.getFirst();
    SampleAxes first = axes(0);
    List<Integer> counted = first.counted().stream().filter(axes::contains).toList();
    if (!counted.stream().allMatch(a -> first.inRatio(a, ratio))) {
      return mixed(c, COUNTS);
    }
    int samples = y instanceof Each i && counted.contains(i.axis()) ? 1 : 0;
    // Along other axes that are counted, the same numbers stand for every sample.
    int power = power(y) + (mean ? -samples : counted.size() - samples);
    return samples == 1 ? new Sum(power) : moved(scaled(y, power));
  }

  /** The axis of samples after some axes were folded away. */
  private SampleUse moved(SampleUse y) {
    boolean keep = Boolean.TRUE.equals(c.attributes().get("keep"));
    List<Integer> axes = foldedAxes();
    return keep ? y : at(y, a -> a - (int) axes.stream().filter(f -> f < a).count());
  }

  /** Samples stay in order along the axis that begins where theirs does. */
  private SampleUse reshaped() {
    if (!axes(0).sameOrder(SampleAxes.of(c, e), ratio)) {
      return mixed(c, "puts different samples together");
    }
    if (!(x.getFirst() instanceof Each i)) {
      return x.getFirst();
    }
    Shape from = shape(0);
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
  private SampleUse perSample() {
    if (worksAlongOthers()) {
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

  /**
   * Returns true if an operation looks along an axis that has the same numbers for every sample.
   */
  private boolean worksAlongOthers() {
    for (int k = 0; k < x.size(); k++) {
      SampleAxes its = axes(k);
      boolean along =
          switch (c.operation()) {
            case GATHER -> k == 0 && !its.counted().isEmpty();
            case PICK -> k == 0 && its.counted(its.small().rank() - 1);
            default -> its.counted().stream().anyMatch(a -> a > 0);
          };
      if (along) {
        return true;
      }
    }
    return false;
  }

  private SampleUse contracted() {
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
      for (int a : axes(k).counted()) {
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
