package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Stage;
import java.lang.classfile.CodeBuilder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Addresses of elements as sums, built up from the outside in: what an outer loop knows of an
 * address is added there, once, for all loads that share it.
 */
final class Addresses {
  private final KernelMethod method;
  private final MethodCode code;
  private final CodeBuilder b;
  private final Environment environment;
  private final Subexpressions values;
  private final Environment.Table<Sum, MethodCode.Var> sums;
  private final Environment.Table<Window, Operand> windows;
  private final Map<Scalar, Place> places = new IdentityHashMap<>();

  Addresses(KernelMethod method, Environment environment, Subexpressions values) {
    this.method = method;
    this.code = method.code;
    this.b = code.b;
    this.environment = environment;
    this.values = values;
    this.sums = environment.table();
    this.windows = environment.table();
  }

  /**
   * The place of an element.
   *
   * @param region a buffer's number, or -1 - number of a scratch array
   * @param at the index, unique
   * @param scale bytes per index
   */
  record Place(int region, Scalar at, Affine index, long scale, int elementBytes) {
    Place(int region, Scalar at, long scale, int elementBytes) {
      this(region, at, Affine.of(at), scale, elementBytes);
    }

    /** Returns true if the index depends on data. */
    boolean isDynamic() {
      return index.rest().stream().anyMatch(p -> Expressions.isDynamic(p.term()));
    }

    /** The place {@code elements} further on. */
    Place plus(long elements) {
      return new Place(region, at, index.plus(elements), scale, elementBytes);
    }
  }

  /**
   * Neighbouring elements, as many as a vector has lanes.
   *
   * @param bits those that are read
   */
  record Window(int region, MethodCode.Var at, long bits) {}

  /** Some of the summands of an address. Factors are in bytes. */
  private record Sum(int region, long constant, Map<Axis, Long> strides, List<Same> rest) {}

  /** A non-affine summand; terms are unique, so told apart by identity. */
  private record Same(long factor, Scalar term) {
    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object o) {
      return o instanceof Same(long f, Scalar t) && f == factor && t == term;
    }

    @Override
    public int hashCode() {
      return Objects.hash(factor, System.identityHashCode(term));
    }
  }

  Place of(Scalar.Load l) {
    return places.computeIfAbsent(
        l, _ -> buffer(l.operand(), method.terms.unique(l.index().getFirst())));
  }

  Place of(Scalar.Local l) {
    return places.computeIfAbsent(
        l, _ -> scratch(method.scratch.targets().get(l.number()), l.index()));
  }

  /** The same place as seen from the current vector's first lane. */
  Place first(Place place) {
    Scalar at = environment.patterns().first(place.at);
    return new Place(place.region, at, place.scale, place.elementBytes);
  }

  /** The elements of a window, loaded now if they were not yet. */
  Operand loaded(Window w, Supplier<Operand> load) {
    Operand v = windows.get(w);
    if (v == null) {
      v = load.get();
      windows.put(w, v);
    }
    return v;
  }

  /** The elements of the memory that a place is in. */
  long elements(Place place) {
    return place.region >= 0
        ? method.kernel.buffers().get(place.region).elements()
        : method.scratch.targets().get(-1 - place.region).elements();
  }

  Place buffer(int number, Scalar index) {
    Buffer buffer = method.kernel.buffers().get(number);
    int bytes = buffer.dtype().bytes();
    return new Place(number, index, bytes, bytes);
  }

  Place scratch(Stage.Target.Scratch t, List<Scalar> index) {
    int bytes = t.dtype().bytes();
    long scale = (long) bytes * (method.scratch.perLane() ? method.scratch.width() : 1);
    Scalar linear = method.terms.unique(Expressions.linear(index, t.extents()));
    return new Place(-1 - t.number(), linear, scale, bytes);
  }

  /** Adds up ahead of a loop what is bound and computed now. */
  void prepare(Place place) {
    sum(place, false, false);
  }

  /** The address, of the first lane where lanes are neighbours. */
  MethodCode.Var compute(Place place) {
    return sum(place, true, false);
  }

  /**
   * The address without the summands that vary between lanes, except for the first lane's position.
   */
  MethodCode.Var computeUniform(Place place) {
    return sum(place, true, true);
  }

  private MethodCode.Var sum(Place place, boolean all, boolean uniformOnly) {
    Sum empty =
        new Sum(place.region(), place.index().constant() * place.scale(), Map.of(), List.of());
    Sum target = empty;
    for (var e : place.index().strides().entrySet()) {
      if (environment.isBound(e.getKey())) {
        target = with(target, e.getKey(), e.getValue() * place.scale());
      } else if (all) {
        environment.position(e.getKey());
      }
    }
    for (Affine.Part p : place.index().rest()) {
      boolean wanted =
          all
              ? !(uniformOnly && environment.varies(p.term()))
              : environment.isKnown(p.term()) && !environment.varies(p.term());
      if (wanted) {
        target = with(target, new Same(p.factor() * place.scale(), p.term()));
      }
    }
    return emit(target);
  }

  private static Sum with(Sum s, Axis axis, long stride) {
    Map<Axis, Long> m = new LinkedHashMap<>(s.strides);
    m.put(axis, stride);
    return new Sum(s.region, s.constant, Collections.unmodifiableMap(m), s.rest);
  }

  private static Sum with(Sum s, Same part) {
    List<Same> l = new ArrayList<>(s.rest);
    l.add(part);
    return new Sum(s.region, s.constant, s.strides, List.copyOf(l));
  }

  /** Starts from the largest part of the sum that is known already. */
  private MethodCode.Var emit(Sum target) {
    MethodCode.Var exact = sums.get(target);
    if (exact != null) {
      return exact;
    }
    Sum base = largestPart(target);
    List<Runnable> summands = new ArrayList<>();
    for (var e : target.strides.entrySet()) {
      if (base == null || !base.strides.containsKey(e.getKey())) {
        MethodCode.Var position = environment.position(e.getKey());
        summands.add(() -> method.pushScaled(() -> code.push(position), e.getValue()));
      }
    }
    for (Same p : target.rest) {
      if (base == null || !base.rest.contains(p)) {
        Operand v = values.value(p.term);
        summands.add(() -> method.pushScaled(() -> method.push(v), p.factor));
      }
    }
    if (base == null) {
      start(target);
    } else {
      code.push(sums.get(base));
    }
    for (Runnable s : summands) {
      s.run();
      b.ladd();
    }
    MethodCode.Var v = code.saveLong("at");
    sums.put(target, v);
    return v;
  }

  /** The largest part of a sum that is known, the innermost of those; or null. */
  private Sum largestPart(Sum of) {
    Sum best = null;
    for (Sum s : sums.keys()) {
      if (isPart(s, of) && (best == null || size(s) > size(best))) {
        best = s;
      }
    }
    return best;
  }

  private static boolean isPart(Sum part, Sum of) {
    return part.region == of.region
        && part.constant == of.constant
        && of.strides.entrySet().containsAll(part.strides.entrySet())
        && of.rest.containsAll(part.rest);
  }

  private static int size(Sum s) {
    return s.strides.size() + s.rest.size();
  }

  private void start(Sum s) {
    method.pushBase(s.region);
    if (s.constant != 0) {
      b.loadConstant(s.constant);
      b.ladd();
    }
  }
}
