package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.SumOfProducts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A kernel over batches of matrices as a list of kernels that a thread runs one after the other for
 * every batch: each product by itself, so that the strategies for products have it, and what is
 * between them row by row.
 *
 * <p>Before: {@code for b: s[i, j] = Σ q[b, i, d] k[b, j, d]; m[i] = max s[i, j]; p[i, j] =
 * exp(s[i, j] - m[i]); y[b, i, d] = Σ p[i, j] v[b, j, d]}. After, for every b: {@code for i, j:
 * s[i, j] = …}; {@code for i: m = max s[i, j], p[i, j] = exp(s[i, j] - m)}; {@code for i, d: y[i,
 * d] = …}, with s and p in the thread's memory, and the others where b's part of them begins.
 */
final class KernelSplitting {
  /** Rows and columns of a product that is better computed by itself. */
  private static final int LEAST = 4;

  /** The same: terms of all its sums. */
  private static final long LEAST_TERMS = 2048;

  private final Kernel kernel;
  private final LocalDefUse defUse;
  private final List<StageGroup> groups = new ArrayList<>();

  private KernelSplitting(Kernel kernel) {
    this.kernel = kernel;
    this.defUse = new LocalDefUse(kernel);
  }

  /**
   * A kernel's parts.
   *
   * @param inPlace by kept array, the array whose memory it takes over
   */
  record Split(List<KernelPart> parts, Map<Integer, Integer> inPlace) {}

  /** The parts of a kernel that is several products and what is between them; else nothing. */
  static Optional<Split> of(Kernel kernel) {
    if (kernel.stages().size() < 2
        || kernel.stages().stream().anyMatch(s -> s.bound().isPresent())
        || kernel.stages().stream().noneMatch(s -> isProduct(kernel, s))) {
      return Optional.empty();
    }
    KernelSplitting p = new KernelSplitting(kernel);
    p.group();
    List<KernelPart> parts = new ArrayList<>();
    for (StageGroup g : p.groups) {
      Optional<KernelPart> part =
          new KernelPartBuilder(p.defUse, g, kernel.name() + "_" + parts.size()).build();
      if (part.isEmpty()) {
        return Optional.empty();
      }
      parts.add(part.get());
    }
    return Optional.of(new Split(parts, p.inPlace()));
  }

  /** Arrays that are written where others have been read for the last time, row by row. */
  private Map<Integer, Integer> inPlace() {
    Map<Integer, Integer> found = new HashMap<>();
    for (StageGroup g : groups) {
      Set<Integer> candidates = new TreeSet<>();
      g.stages().forEach(i -> defUse.reads(i).forEach(l -> candidates.add(l.number())));
      for (int w : g.stages()) {
        Optional<Integer> written =
            LocalDefUse.local(defUse.stage(w).target())
                .filter(n -> !defUse.isWithin(n, g.stages()));
        Optional<Integer> old =
            written.flatMap(_ -> candidates.stream().filter(c -> endsBefore(c, g, w)).findFirst());
        if (old.isPresent()) {
          candidates.remove(old.get());
          found.put(written.get(), old.get());
        }
      }
    }
    return found;
  }

  /**
   * Returns true if a stage of a group may write a row of its array over the same row of another.
   */
  private boolean endsBefore(int old, StageGroup g, int writer) {
    Stage s = defUse.stage(writer);
    boolean alike =
        !g.stages().contains(defUse.writer(old))
            && !g.rows().isEmpty()
            && extents(defUse.definition(old)).equals(extents(s))
            && LocalDefUse.type(defUse.definition(old)).equals(LocalDefUse.type(s));
    if (!alike) {
      return false;
    }
    for (int i = 0; i < kernel.stages().size(); i++) {
      for (Scalar.Local l : defUse.reads(i)) {
        if (l.number() == old && i > defUse.writer(old)) {
          List<Axis> same = i == writer ? s.axes() : g.rows();
          boolean earlier = i < g.stages().getFirst();
          if (!earlier && (i > writer || !startsWith(l.index(), same))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private static boolean startsWith(List<Scalar> index, List<Axis> axes) {
    for (int i = 0; i < axes.size(); i++) {
      if (!index.get(i).equals(Scalar.of(axes.get(i)))) {
        return false;
      }
    }
    return true;
  }

  private static List<Integer> extents(Stage s) {
    return s.axes().stream().map(Axis::extent).toList();
  }

  private static boolean isProduct(Kernel kernel, Stage s) {
    return s.reducer() == Reducer.SUM
        && Axis.positions(s.axes()) >= LEAST * LEAST
        && SumOfProducts.of(kernel, s).filter(KernelSplitting::isLarge).isPresent();
  }

  private static boolean isLarge(SumOfProducts p) {
    return p.rowCount() >= LEAST
        && p.columnCount() >= LEAST
        && p.outerCount() * p.rowCount() * p.columnCount() * p.depthCount() >= LEAST_TERMS;
  }

  // Which stages go together.

  private void group() {
    List<Integer> open = new ArrayList<>();
    List<Axis> rows = List.of();
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = defUse.stage(i);
      boolean product = isProduct(kernel, s);
      List<Axis> shared = product || open.isEmpty() ? List.of() : shared(open, rows, i);
      boolean joins = !open.isEmpty() && !product && (shared.size() > 0 || rows.isEmpty());
      if (!joins) {
        close(open, rows);
        open = new ArrayList<>();
        shared = s.axes();
      }
      open.add(i);
      rows = shared;
      if (product) {
        close(open, rows);
        open = new ArrayList<>();
      }
    }
    close(open, rows);
  }

  private void close(List<Integer> stages, List<Axis> rows) {
    if (!stages.isEmpty()) {
      groups.add(new StageGroup(stages, rows));
    }
  }

  /** The rows over which a stage could run with others before it; empty if it cannot. */
  private List<Axis> shared(List<Integer> open, List<Axis> rows, int stage) {
    List<Axis> axes = defUse.stage(stage).axes();
    int n = 0;
    while (n < rows.size() && n < axes.size() && rows.get(n).equals(axes.get(n))) {
      n++;
    }
    for (Scalar.Local l : defUse.reads(stage)) {
      if (open.contains(defUse.writer(l.number()))) {
        while (!startsWith(l.index(), rows.subList(0, n))) {
          n--;
        }
      }
    }
    return touchesWhatTheyWrite(open, stage) ? List.of() : rows.subList(0, n);
  }

  /**
   * Returns true if a stage and some before it touch the same buffer, and one of them writes it.
   */
  private boolean touchesWhatTheyWrite(List<Integer> open, int stage) {
    Set<Integer> written = new HashSet<>();
    Set<Integer> touched = new TreeSet<>();
    for (int i : open) {
      buffers(defUse.stage(i), written, touched);
    }
    Set<Integer> writes = new HashSet<>();
    Set<Integer> touches = new HashSet<>();
    buffers(defUse.stage(stage), writes, touches);
    return touches.stream().anyMatch(written::contains)
        || writes.stream().anyMatch(touched::contains);
  }

  private static void buffers(Stage s, Set<Integer> written, Set<Integer> touched) {
    Expressions.loadsOf(s.value()).forEach(l -> touched.add(l.operand()));
    if (s.target() instanceof Stage.Target.Store t) {
      Expressions.loadsOf(t.index()).forEach(l -> touched.add(l.operand()));
      written.add(t.buffer());
      touched.add(t.buffer());
    }
  }
}
