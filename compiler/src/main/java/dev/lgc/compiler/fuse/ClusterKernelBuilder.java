package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the kernels of a cluster as stages of one, over the batches. What a kernel did at each
 * point of the rest of its space, its stages now do in loops over it; so its locals become scratch
 * arrays, and what only the cluster needs as well.
 *
 * <p>In: {@code b, i, j: s[b, i, j] = Σ d: q[b, i, d] * k[b, j, d]}, with {@code s} for the cluster
 * alone and batches {@code b}. Out: the stage {@code for i, j: v0[i, j] = Σ d: q[b, i, d] * k[b, j,
 * d]} of a kernel over {@code b}; later stages read {@code v0[i, j]}.
 */
final class ClusterKernelBuilder {
  private final ClusterPattern pattern;
  private final List<Kernel> kernels;
  private final List<Axis> space = new ArrayList<>();
  private final List<List<Axis>> batches;
  private final List<Stage> stages = new ArrayList<>();
  private final Map<Integer, Integer> buffers = new LinkedHashMap<>();
  private final Map<Integer, Buffer> formal = new HashMap<>();

  /** By number of the pattern: the scratch array that is there in place of a buffer. */
  private final Map<Integer, Kept> kept = new HashMap<>();

  private int nextAxis;
  private int nextLocal;

  /** A scratch array in place of a buffer, with its dimensions as digits of the buffer's index. */
  private record Kept(int number, List<DenseStore.Digit> dims) {}

  /**
   * @param kernels those of the pattern's parts, perhaps with some axes divided
   * @param batches for each axis of the space, the axis of each kernel
   */
  ClusterKernelBuilder(ClusterPattern pattern, List<Kernel> kernels, List<List<Axis>> batches) {
    this.pattern = pattern;
    this.kernels = kernels;
    this.batches = batches;
  }

  /** The kernel, bound to numbers of the pattern. */
  FusedCall build() {
    batches.forEach(b -> space.add(new Axis(nextAxis++, b.getFirst().extent())));
    for (int p = 0; p < kernels.size(); p++) {
      new Writer(p).write();
    }
    List<Integer> bindings = List.copyOf(buffers.keySet());
    String name = KernelNames.joined(kernels.stream().map(Kernel::name).toList());
    List<Buffer> list = bindings.stream().map(formal::get).toList();
    return new FusedCall(
        new Kernel(name, list, space, stages), bindings, List.of(), Origin.NONE, "");
  }

  private int buffer(int number, Buffer b) {
    formal.merge(
        number,
        b,
        (x, y) ->
            x.access() == y.access()
                ? x
                : new Buffer(x.dtype(), x.elements(), Buffer.Access.READ_WRITE));
    buffers.putIfAbsent(number, buffers.size());
    return buffers.get(number);
  }

  /** Writes one of the kernels. */
  private final class Writer {
    private final Kernel kernel;
    private final List<Integer> bound;
    private final Substitution axes = Substitution.inKernel();
    private final Map<Axis, Axis> renamed = new HashMap<>();

    /** Axes of its space that are not batches. */
    private final List<Axis> rest = new ArrayList<>();

    private final Map<Integer, Integer> locals = new HashMap<>();

    Writer(int part) {
      kernel = kernels.get(part);
      bound = pattern.parts().get(part).bound();
      for (Axis a : kernel.space()) {
        Optional<Axis> batch = batch(part, a);
        if (batch.isPresent()) {
          rename(a, batch.get());
        } else {
          rest.add(fresh(a));
        }
      }
    }

    /** The axis of the new kernel that an axis of this one is, if it numbers batches. */
    private Optional<Axis> batch(int part, Axis a) {
      for (int i = 0; i < batches.size(); i++) {
        if (batches.get(i).get(part).equals(a)) {
          return Optional.of(space.get(i));
        }
      }
      return Optional.empty();
    }

    private Axis fresh(Axis a) {
      return renamed.containsKey(a) ? renamed.get(a) : rename(a, new Axis(nextAxis++, a.extent()));
    }

    private Axis rename(Axis from, Axis to) {
      axes.put(from, QuasiAffine.atom(Scalar.of(to)));
      renamed.put(from, to);
      return to;
    }

    void write() {
      for (Stage s : kernel.stages()) {
        stage(s);
      }
    }

    private void stage(Stage s) {
      List<Axis> loops = new ArrayList<>(rest);
      s.axes().forEach(a -> loops.add(fresh(a)));
      List<Axis> over = s.reduction().stream().map(this::fresh).toList();
      Scalar value = rewritten(axes.value(s.value()));
      target(s, loops, value)
          .ifPresent(t -> stages.add(new Stage(t, loops, over, s.reducer(), value)));
    }

    /** The target of a stage in the new kernel; none if its result is in scratch already. */
    private Optional<Stage.Target> target(Stage s, List<Axis> loops, Scalar value) {
      List<Integer> extents = loops.stream().map(Axis::extent).toList();
      return switch (s.target()) {
        case Stage.Target.Local l -> {
          int n = local(l.number());
          yield Optional.of(
              rest.isEmpty()
                  ? new Stage.Target.Local(n, l.dtype())
                  : new Stage.Target.Scratch(n, l.dtype(), extents));
        }
        case Stage.Target.Scratch l ->
            Optional.of(new Stage.Target.Scratch(local(l.number()), l.dtype(), extents));
        case Stage.Target.Store t -> {
          int number = bound.get(t.buffer());
          Buffer b = kernel.buffers().get(t.buffer());
          if (!pattern.inner().get(number)) {
            int to = buffer(number, b);
            yield Optional.of(new Stage.Target.Store(to, rewritten(axes.value(t.index()))));
          }
          List<DenseStore.Digit> dims = dimensions(s, t.buffer());
          if (value instanceof Scalar.Local l && l.index().equals(positions(loops))) {
            kept.put(number, new Kept(l.number(), dims));
            yield Optional.empty();
          }
          kept.put(number, new Kept(nextLocal++, dims));
          yield Optional.of(
              new Stage.Target.Scratch(kept.get(number).number(), b.dtype(), extents));
        }
      };
    }

    /** The dimensions that the scratch array of a buffer has. */
    private List<DenseStore.Digit> dimensions(Stage s, int buffer) {
      DenseStore store = DenseStore.of(kernel, buffer).orElseThrow();
      List<DenseStore.Digit> dims = new ArrayList<>();
      for (Axis a : kernel.space()) {
        if (rest.contains(renamed.get(a))) {
          dims.add(store.digit(a));
        }
      }
      s.axes().forEach(a -> dims.add(store.digit(a)));
      return dims;
    }

    private List<Scalar> positions(List<Axis> of) {
      return of.stream().<Scalar>map(Scalar::of).toList();
    }

    private int local(int old) {
      return locals.computeIfAbsent(old, x -> nextLocal++);
    }

    /** Renumbers locals and buffers; loads of what is kept become reads of scratch. */
    private Scalar rewritten(Scalar s) {
      List<Scalar> old = s.children();
      List<Scalar> children = new ArrayList<>(old.size());
      for (Scalar c : old) {
        children.add(rewritten(c));
      }
      Scalar t = s.withChildren(children);
      return switch (t) {
        case Scalar.Local l -> {
          List<Scalar> index = new ArrayList<>(positions(rest));
          index.addAll(l.index());
          yield new Scalar.Local(local(l.number()), l.dtype(), index);
        }
        case Scalar.Load l -> load(l);
        case Scalar.Literal l -> l;
        case Scalar.AxisIndex i -> i;
        case Scalar.Apply a -> a;
        case Scalar.Uniform u -> u;
      };
    }

    private Scalar load(Scalar.Load l) {
      int number = bound.get(l.operand());
      Kept k = kept.get(number);
      if (k == null) {
        return new Scalar.Load(
            buffer(number, kernel.buffers().get(l.operand())),
            l.dtype(),
            l.index(),
            l.guard(),
            l.otherwise());
      }
      QuasiAffine index = QuasiAffine.of(l.index().getFirst());
      List<Scalar> at = k.dims().stream().map(d -> d.of(index).toScalar()).toList();
      return new Scalar.Local(k.number(), l.dtype(), at);
    }
  }
}
