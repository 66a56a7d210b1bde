package dev.lgc.compiler.kernel;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Checks what every kernel must be, as far as that shows without running it. */
public final class KernelVerifier {
  private final Kernel kernel;
  private final List<String> problems = new ArrayList<>();

  /** Locals and scratches so far; -1 dimensions cannot occur. */
  private final Map<Integer, Stage.Target> locals = new HashMap<>();

  /** The dimension of a scratch array that ends early, and where. */
  private record Kept(int dimension, Scalar end) {}

  private final Map<Integer, Kept> kept = new HashMap<>();

  private Set<Axis> open = Set.of();

  /** Of the stage that is looked at. */
  private Optional<Stage.Bound> bounded = Optional.empty();

  private KernelVerifier(Kernel kernel) {
    this.kernel = kernel;
  }

  /** The faults of a kernel; empty for a sound one. */
  public static List<String> problems(Kernel k) {
    KernelVerifier v = new KernelVerifier(k);
    v.kernel();
    return v.problems;
  }

  private void kernel() {
    Set<Integer> numbers = new HashSet<>();
    for (Axis a : kernel.space()) {
      require(numbers.add(a.number()), "axis %d twice", a.number());
    }
    for (Buffer b : kernel.buffers()) {
      require(b.elements() > 0, "a buffer of %d elements", b.elements());
    }
    for (Stage s : kernel.stages()) {
      stage(s, numbers);
    }
  }

  private void stage(Stage s, Set<Integer> space) {
    open = new HashSet<>(kernel.space());
    Set<Integer> numbers = new HashSet<>(space);
    for (List<Axis> axes : List.of(s.axes(), s.reduction())) {
      for (Axis a : axes) {
        require(numbers.add(a.number()), "axis %d twice", a.number());
        open.add(a);
      }
    }
    bounded = s.bound();
    scalar(s.value());
    s.bound().ifPresent(b -> bound(s, b));
    open.removeAll(s.reduction());
    switch (s.target()) {
      case Stage.Target.Local l -> define(l.number(), l);
      case Stage.Target.Scratch l -> {
        require(
            l.extents().equals(s.axes().stream().map(Axis::extent).toList()),
            "scratch %d does not have its axes' extents",
            l.number());
        define(l.number(), l);
        s.bound().filter(b -> s.axes().contains(b.axis())).ifPresent(b -> keep(s, l, b));
      }
      case Stage.Target.Store t -> {
        require(
            s.bound().filter(b -> s.axes().contains(b.axis())).isEmpty(),
            "buffer %d is not written as a whole",
            t.buffer());
        if (buffer(t.buffer(), "written", Buffer.Access.READ)) {
          DType to = kernel.buffers().get(t.buffer()).dtype();
          boolean position = s.reducer() != dev.lgc.compiler.algorithm.Reducer.NONE;
          require(position || to == s.value().dtype(), "%s stored as %s", s.value().dtype(), to);
        }
        require(t.index().dtype() == DType.I32, "index of type %s", t.index().dtype());
        scalar(t.index());
      }
    }
  }

  private void bound(Stage s, Stage.Bound b) {
    require(
        s.axes().contains(b.axis()) || s.reduction().contains(b.axis()),
        "a bound of axis %d, which is none of the stage's",
        b.axis().number());
    require(b.end().dtype() == DType.I32, "a bound of type %s", b.end().dtype());
    require(
        Expressions.isUniform(b.end(), this::isRead),
        "a bound that is not the same for the whole kernel");
    Set<Axis> here = open;
    open = Set.of();
    scalar(b.end());
    open = here;
  }

  private boolean isRead(int buffer) {
    return buffer >= 0
        && buffer < kernel.buffers().size()
        && kernel.buffers().get(buffer).access() == Buffer.Access.READ;
  }

  private void keep(Stage s, Stage.Target.Scratch t, Stage.Bound b) {
    kept.put(t.number(), new Kept(s.axes().indexOf(b.axis()), b.end()));
  }

  private void define(int number, Stage.Target target) {
    require(locals.put(number, target) == null, "local %d twice", number);
  }

  private boolean buffer(int n, String how, Buffer.Access not) {
    boolean there = n >= 0 && n < kernel.buffers().size();
    require(there, "there is no buffer %d", n);
    if (there) {
      require(kernel.buffers().get(n).access() != not, "buffer %d must not be %s", n, how);
    }
    return there;
  }

  private void scalar(Scalar s) {
    switch (s) {
      case Scalar.Literal l -> {}
      case Scalar.AxisIndex i -> require(open.contains(i.axis()), "%s is not open here", i.axis());
      case Scalar.Load l -> {
        require(l.index().size() == 1, "a load with %d indexes", l.index().size());
        if (buffer(l.operand(), "read", Buffer.Access.WRITE)) {
          require(
              kernel.buffers().get(l.operand()).dtype() == l.dtype(),
              "buffer %d read as %s",
              l.operand(),
              l.dtype());
        }
        l.index().forEach(i -> require(i.dtype() == DType.I32, "index of type %s", i.dtype()));
        l.guard().ifPresent(g -> require(g.dtype() == DType.BOOL, "guard of type %s", g.dtype()));
      }
      case Scalar.Apply a -> {}
      case Scalar.Uniform u -> {}
      case Scalar.Local l -> {
        Stage.Target t = locals.get(l.number());
        int rank =
            switch (t) {
              case null -> -1;
              case Stage.Target.Local x -> 0;
              case Stage.Target.Scratch x -> x.extents().size();
              case Stage.Target.Store x -> -1;
            };
        require(rank == l.index().size(), "local %d with %d indexes", l.number(), l.index().size());
        Kept k = kept.get(l.number());
        if (k != null && rank == l.index().size()) {
          Scalar at = l.index().get(k.dimension());
          require(
              bounded
                  .filter(b -> at.equals(Scalar.of(b.axis())) && b.end().equals(k.end()))
                  .isPresent(),
              "scratch %d read beyond its bound",
              l.number());
        }
      }
    }
    if (problems.isEmpty()) {
      s.children().forEach(this::scalar);
    }
  }

  @FormatMethod
  private void require(boolean condition, @FormatString String problem, Object... arguments) {
    if (!condition) {
      problems.add(kernel.name() + ": " + Text.format(problem, arguments));
    }
  }
}
