package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.SumOfProducts;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Collections;
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
final class Pieces {
  /** Rows and columns of a product that is better computed by itself. */
  private static final int LEAST = 4;

  /** The same: terms of all its sums. */
  private static final long LEAST_TERMS = 2048;

  /** Some stages, and the axes that they share: its rows. */
  record Group(List<Integer> stages, List<Axis> rows) {}

  private final Kernel kernel;
  private final List<Group> groups = new ArrayList<>();

  /** By local: the stage that computes it. */
  private final Map<Integer, Integer> writers = new HashMap<>();

  /** By stage: the locals it reads. */
  private final List<List<Scalar.Local>> reads = new ArrayList<>();

  private Pieces(Kernel kernel) {
    this.kernel = kernel;
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = kernel.stages().get(i);
      int stage = i;
      local(s.target()).ifPresent(n -> writers.put(n, stage));
      reads.add(new ArrayList<>());
      Set<Scalar> seen = Collections.newSetFromMap(new java.util.IdentityHashMap<>());
      locals(s.value(), reads.getLast(), seen);
      if (s.target() instanceof Stage.Target.Store t) {
        locals(t.index(), reads.getLast(), seen);
      }
    }
  }

  /**
   * A kernel's pieces.
   *
   * @param inPlace by kept array, the array whose memory it takes over
   */
  record Cut(List<Piece> pieces, Map<Integer, Integer> inPlace) {}

  /** The pieces of a kernel that is several products and what is between them; else nothing. */
  static Optional<Cut> of(Kernel kernel) {
    if (kernel.stages().size() < 2
        || kernel.stages().stream().anyMatch(s -> s.bound().isPresent())
        || kernel.stages().stream().noneMatch(s -> isProduct(kernel, s))) {
      return Optional.empty();
    }
    Pieces p = new Pieces(kernel);
    p.group();
    List<Piece> pieces = new ArrayList<>();
    for (Group g : p.groups) {
      Optional<Piece> piece = new PieceBuilder(p, g, kernel.name() + "_" + pieces.size()).build();
      if (piece.isEmpty()) {
        return Optional.empty();
      }
      pieces.add(piece.get());
    }
    return Optional.of(new Cut(pieces, p.inPlace()));
  }

  /** Arrays that are written where others have been read for the last time, row by row. */
  private Map<Integer, Integer> inPlace() {
    Map<Integer, Integer> found = new HashMap<>();
    for (Group g : groups) {
      Set<Integer> candidates = new TreeSet<>();
      g.stages.forEach(i -> reads.get(i).forEach(l -> candidates.add(l.number())));
      for (int w : g.stages) {
        Optional<Integer> written = local(stage(w).target()).filter(n -> !isWithin(n, g));
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

  /** Whether a stage of a group may write a row of its array over the same row of another. */
  private boolean endsBefore(int old, Group g, int writer) {
    Stage s = stage(writer);
    boolean alike =
        !g.stages.contains(writers.get(old))
            && !g.rows.isEmpty()
            && extents(writer(old)).equals(extents(s))
            && type(writer(old)).equals(type(s));
    if (!alike) {
      return false;
    }
    for (int i = 0; i < reads.size(); i++) {
      for (Scalar.Local l : reads.get(i)) {
        if (l.number() == old && i > writers.get(old)) {
          List<Axis> same = i == writer ? s.axes() : g.rows;
          boolean earlier = i < g.stages.getFirst();
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

  /** The type of a local. */
  static DType type(Stage s) {
    return switch (s.target()) {
      case Stage.Target.Local l -> l.dtype();
      case Stage.Target.Scratch l -> l.dtype();
      case Stage.Target.Store t -> throw new IllegalArgumentException(t.toString());
    };
  }

  Kernel kernel() {
    return kernel;
  }

  Stage stage(int number) {
    return kernel.stages().get(number);
  }

  Stage writer(int local) {
    return stage(writers.get(local));
  }

  /** Whether a local is written and read by some stages, and read by no others. */
  boolean isWithin(int local, Group g) {
    if (!g.stages.contains(writers.get(local))) {
      return false;
    }
    for (int i = 0; i < reads.size(); i++) {
      if (!g.stages.contains(i) && reads.get(i).stream().anyMatch(l -> l.number() == local)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isProduct(Kernel kernel, Stage s) {
    return s.reducer() == Reducer.SUM
        && Axis.positions(s.axes()) >= LEAST * LEAST
        && SumOfProducts.of(kernel, s).filter(Pieces::isLarge).isPresent();
  }

  private static boolean isLarge(SumOfProducts p) {
    return p.rowCount() >= LEAST
        && p.columnCount() >= LEAST
        && p.outerCount() * p.rowCount() * p.columnCount() * p.depthCount() >= LEAST_TERMS;
  }

  /** The place of a position in a dense array over some axes. */
  static Scalar linear(List<Axis> axes) {
    return Expressions.linear(
        axes.stream().<Scalar>map(Scalar::of).toList(), axes.stream().map(Axis::extent).toList());
  }

  static Optional<Integer> local(Stage.Target target) {
    return switch (target) {
      case Stage.Target.Local l -> Optional.of(l.number());
      case Stage.Target.Scratch l -> Optional.of(l.number());
      case Stage.Target.Store _ -> Optional.empty();
    };
  }

  private static void locals(Scalar s, List<Scalar.Local> found, Set<Scalar> seen) {
    if (seen.add(s)) {
      if (s instanceof Scalar.Local l) {
        found.add(l);
      }
      s.children().forEach(c -> locals(c, found, seen));
    }
  }

  // Which stages go together.

  private void group() {
    List<Integer> open = new ArrayList<>();
    List<Axis> rows = List.of();
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = stage(i);
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
      groups.add(new Group(stages, rows));
    }
  }

  /** The rows over which a stage could run with others before it; empty if it cannot. */
  private List<Axis> shared(List<Integer> open, List<Axis> rows, int stage) {
    List<Axis> axes = stage(stage).axes();
    int n = 0;
    while (n < rows.size() && n < axes.size() && rows.get(n).equals(axes.get(n))) {
      n++;
    }
    for (Scalar.Local l : reads.get(stage)) {
      if (open.contains(writers.get(l.number()))) {
        while (!startsWith(l.index(), rows.subList(0, n))) {
          n--;
        }
      }
    }
    return touchesWhatTheyWrite(open, stage) ? List.of() : rows.subList(0, n);
  }

  /** Whether a stage and some before it touch the same buffer, and one of them writes it. */
  private boolean touchesWhatTheyWrite(List<Integer> open, int stage) {
    Set<Integer> written = new HashSet<>();
    Set<Integer> touched = new TreeSet<>();
    for (int i : open) {
      buffers(stage(i), written, touched);
    }
    Set<Integer> writes = new HashSet<>();
    Set<Integer> touches = new HashSet<>();
    buffers(stage(stage), writes, touches);
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
