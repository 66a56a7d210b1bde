package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Builds the kernel of a region: stages for what is stored or local, everything else substituted.
 *
 * <p>In: a region over {@code a0 < 8, rows of a1 < 64} that stores {@code %3 = mul %0 %2}, with
 * {@code %2 = broadcast %1} substituted and {@code %1 = rsqrt %4} local. Out: {@code v0 = 1 /
 * sqrt(b1[a0]); for a1 < 64: b2[a0*64 + a1] = b0[a0*64 + a1] * v0}, bound to {@code %0, %4, %3}.
 */
final class KernelBuilder {
  private final NodeAnalysis analysis;
  private final Region region;
  private final int[] base;
  private final List<Axis> space = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();
  private final List<Stage> stores = new ArrayList<>();
  private final Map<Integer, Integer> buffers = new LinkedHashMap<>();
  private final Map<Integer, Buffer.Access> touched = new HashMap<>();
  private final Map<Integer, Integer> locals = new HashMap<>();

  private record Point(int node, List<QuasiAffine> at, Optional<Scalar> guard) {}

  private final Map<Point, Scalar> known = new HashMap<>();

  private KernelBuilder(NodeAnalysis analysis, Region region, int[] base) {
    this.analysis = analysis;
    this.region = region;
    this.base = base;
    for (Axis a : region.outer()) {
      if (region.isSpace(a)) {
        space.add(a);
      }
    }
  }

  /**
   * @param base for every node the node whose memory it is in
   */
  static FusedCall build(NodeAnalysis analysis, Region region, int[] base) {
    return new KernelBuilder(analysis, region, base).build();
  }

  private FusedCall build() {
    region.members().forEach(this::member);
    stages.addAll(stores);
    List<Buffer> formal = new ArrayList<>();
    List<Integer> bindings = new ArrayList<>();
    buffers.forEach(
        (node, number) -> {
          bindings.add(node);
          formal.add(
              node < 0
                  ? new Buffer(DType.I32, 1, Buffer.Access.READ)
                  : new Buffer(
                      analysis.node(node).type().dtype(),
                      analysis.elements(node),
                      touched.get(node)));
        });
    Kernel raw = new Kernel(KernelNames.kernel(analysis, region), formal, space, stages);
    List<Integer> stored = new ArrayList<>();
    region
        .members()
        .forEach(
            (n, m) -> {
              if (m.stored()) {
                stored.add(n);
              }
            });
    return new FusedCall(
        raw,
        bindings,
        stored,
        KernelNames.origin(analysis, region),
        KernelNames.label(analysis, region));
  }

  private void member(int n, Region.Member m) {
    if (!m.local()) {
      return;
    }
    boolean reduction = analysis.isReduction(n);
    List<Axis> inner = new ArrayList<>();
    if (m.stored()) {
      Optional<Set<Axis>> axes = IndexAnalysis.axes(m.storedAt().orElseThrow());
      for (Axis a : region.outer()) {
        if (!region.isSpace(a) && (axes.isEmpty() || axes.get().contains(a))) {
          inner.add(a);
        }
      }
    }
    List<QuasiAffine> at = m.storedAt().orElseGet(m.accesses()::getFirst);
    Scalar value = resolve(region.value(analysis, n, m, at), Optional.empty());
    List<Axis> over = new ArrayList<>();
    for (QuasiAffine l : m.reduction()) {
      over.addAll(IndexAnalysis.axes(List.of(l)).orElseThrow());
    }
    Reducer reducer = reduction ? analysis.algorithm(n).reducer() : Reducer.NONE;
    if (over.isEmpty()) {
      if (reducer == Reducer.ARGMAX || reducer == Reducer.ARGMIN) {
        value = Scalar.i32(0);
      }
      reducer = Reducer.NONE;
    }
    var dtype = analysis.node(n).type().dtype();
    if (m.scratch().isPresent()) {
      Axis axis = m.scratch().get();
      int number = locals.size();
      Stage.Target row = new Stage.Target.Scratch(number, dtype, List.of(axis.extent()));
      stages.add(new Stage(row, List.of(axis), over, reducer, value));
      locals.put(n, number);
      return;
    }
    boolean local = !m.stored() || (inner.isEmpty() && m.loads() > 0);
    if (local) {
      int number = locals.size();
      stages.add(new Stage(new Stage.Target.Local(number, dtype), List.of(), over, reducer, value));
      locals.put(n, number);
      if (m.stored()) {
        stores.add(
            store(
                n,
                m,
                List.of(),
                List.of(),
                Reducer.NONE,
                new Scalar.Local(number, dtype, List.of())));
      }
    } else {
      stages.add(store(n, m, inner, over, reducer, value));
    }
  }

  private Stage store(
      int n, Region.Member m, List<Axis> inner, List<Axis> over, Reducer reducer, Scalar value) {
    Scalar at =
        resolve(analysis.linear(n, m.storedAt().orElseThrow()).toScalar(), Optional.empty());
    int buffer = buffer(n, Buffer.Access.WRITE);
    return new Stage(new Stage.Target.Store(buffer, at), inner, over, reducer, value);
  }

  private int buffer(int n, Buffer.Access access) {
    int node = base[n];
    touched.merge(node, access, (a, b) -> a == b ? a : Buffer.Access.READ_WRITE);
    buffers.putIfAbsent(node, buffers.size());
    return buffers.get(node);
  }

  /** The number of a call site comes from memory, so that call sites share kernels. */
  private Scalar stream(int number) {
    int binding = FusedCall.stream(number);
    buffers.putIfAbsent(binding, buffers.size());
    return new Scalar.Load(buffers.get(binding), DType.I32, List.of(Scalar.i32(0)));
  }

  /** The value of a node at an index that may hold loads of nodes. */
  private Scalar at(int n, List<QuasiAffine> at, Optional<Scalar> guard) {
    Region.Member m = region.members().get(n);
    var dtype = analysis.node(n).type().dtype();
    switch (analysis.node(base[n]).op()) {
      case Fill f -> {
        double v = dtype == DType.F32 ? (float) f.value() : f.value();
        return new Scalar.Literal(dtype, v);
      }
      case Iota i -> {
        Shape shape = analysis.node(base[n]).type().shape();
        QuasiAffine place = analysis.linear(n, at).divide(shape.strides()[i.axis()]);
        return resolve(place.modulo(shape.dim(i.axis())).toScalar(), guard);
      }
      default -> {}
    }
    if (m != null && locals.containsKey(n)) {
      List<Scalar> row =
          m.scratch().isPresent() ? List.of(Scalar.of(region.rowAxis(at))) : List.of();
      return new Scalar.Local(locals.get(n), dtype, row);
    }
    if (m == null || m.stored()) {
      Scalar index = resolve(analysis.linear(n, at).toScalar(), guard);
      return new Scalar.Load(buffer(n, Buffer.Access.READ), dtype, List.of(index), guard, 0);
    }
    Point p = new Point(n, at, guard);
    Scalar v = known.get(p);
    if (v == null) {
      v = resolve(region.value(analysis, n, m, at), guard);
      known.put(p, v);
    }
    return v;
  }

  /** Replaces loads of nodes by loads of buffers, locals and substituted values. */
  private Scalar resolve(Scalar s, Optional<Scalar> guard) {
    return switch (s) {
      case Scalar.Literal l -> l;
      case Scalar.AxisIndex i -> i;
      case Scalar.Local l -> l;
      case Scalar.Load l -> load(l, guard);
      case Scalar.Apply a when a.function() == Function.CHECK_INDEX -> index(a, guard);
      case Scalar.Apply a -> {
        List<Scalar> c = new ArrayList<>(a.operands().size());
        for (Scalar o : a.operands()) {
          c.add(resolve(o, guard));
        }
        yield a.withChildren(c);
      }
      case Scalar.Uniform u ->
          new Scalar.Uniform(
              u.key().stream().map(k -> resolve(k, guard)).toList(),
              u.stream() instanceof Scalar.Literal l ? stream((int) l.value()) : u.stream(),
              resolve(u.index(), guard));
    };
  }

  /** An index that is a fault where it is outside: not looked at where a guard is false. */
  private Scalar index(Scalar.Apply check, Optional<Scalar> guard) {
    Scalar index = resolve(check.operands().getFirst(), guard);
    if (guard.isPresent() && !(index instanceof Scalar.Load l && l.guard().equals(guard))) {
      index = Scalar.apply(Function.SELECT, guard.get(), index, Scalar.i32(0));
    }
    long extent = (long) ((Scalar.Literal) check.operands().get(1)).value();
    return QuasiAffine.of(index).checked(extent).toScalar();
  }

  private Scalar load(Scalar.Load l, Optional<Scalar> outside) {
    Optional<Scalar> own = l.guard().map(g -> resolve(g, outside));
    Optional<Scalar> guard =
        own.isEmpty()
            ? outside
            : outside.isEmpty() || outside.equals(own)
                ? own
                : Optional.of(Scalar.apply(Function.AND, outside.get(), own.get()));
    List<QuasiAffine> index = l.index().stream().map(QuasiAffine::of).toList();
    Scalar v = at(l.operand(), index, guard);
    if (own.isEmpty() || v instanceof Scalar.Literal c && c.value() == l.otherwise()) {
      return v;
    }
    if (v instanceof Scalar.Load x && x.guard().equals(guard)) {
      return new Scalar.Load(x.operand(), x.dtype(), x.index(), guard, l.otherwise());
    }
    return Scalar.apply(
        Function.SELECT, own.get(), v, new Scalar.Literal(l.dtype(), l.otherwise()));
  }
}
