package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks what every kernel must be, as far as that shows without running it. */
public final class KernelVerifier {
  private final Kernel kernel;
  private final List<String> problems = new ArrayList<>();

  /** Locals and scratches so far; -1 dimensions cannot occur. */
  private final Map<Integer, Stage.Target> locals = new HashMap<>();

  private Set<Axis> open = Set.of();

  private KernelVerifier(Kernel kernel) {
    this.kernel = kernel;
  }

  /** What is wrong with a kernel; empty if nothing is. */
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
    scalar(s.value());
    open.removeAll(s.reduction());
    switch (s.target()) {
      case Stage.Target.Local l -> define(l.number(), l);
      case Stage.Target.Scratch l -> {
        require(
            l.extents().equals(s.axes().stream().map(Axis::extent).toList()),
            "scratch %d does not have its axes' extents",
            l.number());
        define(l.number(), l);
      }
      case Stage.Target.Store t -> {
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
      }
    }
    if (problems.isEmpty()) {
      s.children().forEach(this::scalar);
    }
  }

  private void require(boolean condition, String problem, Object... arguments) {
    if (!condition) {
      problems.add(kernel.name() + ": " + problem.formatted(arguments));
    }
  }
}
