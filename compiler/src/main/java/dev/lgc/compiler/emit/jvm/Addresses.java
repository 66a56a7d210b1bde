package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Interval;
import dev.lgc.compiler.kernel.Stage;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
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
  private final Evaluator values;
  private final Code code;
  private final CodeBuilder b;
  private final Deque<Map<Sum, Code.Var>> scopes = new ArrayDeque<>();
  private final Deque<Map<Window, Value>> windows = new ArrayDeque<>();
  private final Map<Scalar, Place> places = new IdentityHashMap<>();
  private Code.Var buffers;
  private Code.Var threadScratch;

  Addresses(Evaluator values) {
    this.values = values;
    this.code = values.code;
    this.b = code.b;
  }

  /**
   * Where an element is.
   *
   * @param region a buffer's number, or -1 - number of a scratch array
   * @param at the index, unique
   * @param scale bytes per index
   */
  record Place(int region, Scalar at, Affine index, long scale, int elementBytes) {
    Place(int region, Scalar at, long scale, int elementBytes) {
      this(region, at, Affine.of(at), scale, elementBytes);
    }

    /** Whether it depends on data. */
    boolean isDynamic() {
      return index.rest().stream().anyMatch(p -> Expressions.isDynamic(p.term()));
    }

    /** So many elements further. */
    Place plus(long elements) {
      return new Place(region, at, index.plus(elements), scale, elementBytes);
    }
  }

  /**
   * Neighbouring elements, as many as a vector has lanes.
   *
   * @param bits those that are read
   */
  record Window(int region, Code.Var at, long bits) {}

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

  void parameters(Code.Var bufferArray, Code.Var scratch) {
    buffers = bufferArray;
    threadScratch = scratch;
  }

  void open() {
    scopes.push(new LinkedHashMap<>());
    windows.push(new HashMap<>());
  }

  void close() {
    scopes.pop();
    windows.pop();
  }

  Place of(Scalar.Load l) {
    return places.computeIfAbsent(
        l, _ -> buffer(l.operand(), values.terms.unique(l.index().getFirst())));
  }

  Place of(Scalar.Local l) {
    return places.computeIfAbsent(
        l, _ -> scratch(values.scratch.targets().get(l.number()), l.index()));
  }

  /** The same place as seen from the current vector's first lane. */
  Place first(Place place) {
    Scalar at = values.patterns().first(place.at);
    return new Place(place.region, at, place.scale, place.elementBytes);
  }

  /** The elements of a window, loaded now if they were not yet. */
  Value loaded(Window w, Supplier<Value> load) {
    for (Map<Window, Value> scope : windows) {
      Value known = scope.get(w);
      if (known != null) {
        return known;
      }
    }
    Value v = load.get();
    windows.element().put(w, v);
    return v;
  }

  /** The elements of the memory that a place is in. */
  long elements(Place place) {
    return place.region >= 0
        ? values.kernel.buffers().get(place.region).elements()
        : values.scratch.targets().get(-1 - place.region).elements();
  }

  Place buffer(int number, Scalar index) {
    Buffer buffer = values.kernel.buffers().get(number);
    int bytes = buffer.dtype().bytes();
    return new Place(number, index, bytes, bytes);
  }

  Place scratch(Stage.Target.Scratch t, List<Scalar> index) {
    int bytes = t.dtype().bytes();
    long scale = (long) bytes * (values.scratch.perLane() ? values.scratch.width() : 1);
    Scalar linear = values.terms.unique(Expressions.linear(index, t.extents()));
    return new Place(-1 - t.number(), linear, scale, bytes);
  }

  /**
   * Adds up ahead what is bound now.
   *
   * @param guarded whether the place may be read under a condition only, so that data must not be
   *     looked at ahead
   */
  void prepare(Place place, boolean guarded) {
    for (Affine.Part p : place.index().rest()) {
      if (!guarded || !Expressions.isDynamic(p.term())) {
        values.prepare(p.term());
      }
    }
    sum(place, false, false);
  }

  /** The address, of the first lane where lanes are neighbours. */
  Code.Var compute(Place place) {
    return sum(place, true, false);
  }

  /**
   * The address without the summands that vary between lanes, except for the first lane's position.
   */
  Code.Var computeUniform(Place place) {
    return sum(place, true, true);
  }

  private Code.Var sum(Place place, boolean all, boolean uniformOnly) {
    Sum empty =
        new Sum(place.region(), place.index().constant() * place.scale(), Map.of(), List.of());
    Sum target = empty;
    for (var e : place.index().strides().entrySet()) {
      if (values.isBound(e.getKey())) {
        target = with(target, e.getKey(), e.getValue() * place.scale());
      } else if (all) {
        values.position(e.getKey());
      }
    }
    for (Affine.Part p : place.index().rest()) {
      boolean wanted =
          all
              ? !(uniformOnly && values.varies(p.term()))
              : values.isKnown(p.term()) && !values.varies(p.term());
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
    List<Same> l = new java.util.ArrayList<>(s.rest);
    l.add(part);
    return new Sum(s.region, s.constant, s.strides, List.copyOf(l));
  }

  /** Starts from the largest part of the sum that is known already. */
  private Code.Var emit(Sum target) {
    Sum best = null;
    Code.Var from = null;
    for (Map<Sum, Code.Var> scope : scopes) {
      Code.Var exact = scope.get(target);
      if (exact != null) {
        return exact;
      }
      for (var e : scope.entrySet()) {
        if (isPart(e.getKey(), target) && (best == null || size(e.getKey()) > size(best))) {
          best = e.getKey();
          from = e.getValue();
        }
      }
    }
    List<Runnable> summands = new java.util.ArrayList<>();
    Sum base = best;
    for (var e : target.strides.entrySet()) {
      if (base == null || !base.strides.containsKey(e.getKey())) {
        Code.Var position = values.position(e.getKey());
        summands.add(() -> scaled(() -> code.push(position), e.getValue()));
      }
    }
    for (Same p : target.rest) {
      if (base == null || !base.rest.contains(p)) {
        Value v = values.value(p.term);
        summands.add(() -> scaled(() -> values.push(v), p.factor));
      }
    }
    if (from == null) {
      start(target);
    } else {
      code.push(from);
    }
    for (Runnable s : summands) {
      s.run();
      b.ladd();
    }
    Code.Var v = code.saveLong("at");
    scopes.element().put(target, v);
    return v;
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
    base(s.region);
    if (s.constant != 0) {
      b.loadConstant(s.constant);
      b.ladd();
    }
  }

  private void base(int region) {
    if (region >= 0) {
      code.push(buffers);
      b.loadConstant(region);
      b.laload();
    } else {
      code.push(threadScratch);
      b.loadConstant((long) values.scratch.offsets().get(-1 - region));
      b.ladd();
    }
  }

  private void scaled(Runnable position, long factor) {
    position.run();
    b.i2l();
    if (factor != 1) {
      b.loadConstant(factor);
      b.lmul();
    }
  }

  /** The address of one of the emitter's own vectors. */
  void pushSpill(int number) {
    code.push(threadScratch);
    b.loadConstant((long) number * ScratchLayout.SPILL_BYTES);
    b.ladd();
  }

  /**
   * Throws an {@link IndexFault} unless the elements from the address on are in the buffer. Only
   * where the index depends on data: others are known to be right.
   *
   * @param lane whose lanes that count are as many neighbouring elements; null for one element
   */
  void check(Place place, Code.Var at, Lane lane) {
    if (lane == null || lane.count() == null) {
      check(place, at, 0, lane == null ? 0 : lane.active() - 1);
    } else {
      check(
          place,
          at,
          0,
          () -> {
            b.loadConstant((long) place.elementBytes());
            scaled(() -> code.push(lane.count()), place.elementBytes());
            b.lsub();
          });
    }
  }

  /**
   * The same for the elements from {@code first} to {@code last}, counted from the one at the
   * address.
   */
  void check(Place place, Code.Var at, long first, long last) {
    check(place, at, first, () -> b.loadConstant(-last * place.elementBytes()));
  }

  /**
   * @param end pushes the last element's distance in bytes, negative
   */
  private void check(Place place, Code.Var at, long first, Runnable end) {
    if (place.region() < 0 || !place.isDynamic()) {
      return;
    }
    long elements = values.kernel.buffers().get(place.region()).elements();
    if (Interval.of(place.index()).isWithin(elements)) {
      // CHECK_INDEX has seen to it.
      return;
    }
    long bytes = elements * place.elementBytes();
    code.open();
    code.push(at);
    base(place.region());
    b.lsub();
    Code.Var offset = code.saveLong("offset");
    Label fault = b.newLabel();
    Label fine = b.newLabel();
    code.push(offset);
    b.loadConstant(-first * place.elementBytes());
    b.lcmp();
    b.iflt(fault);
    code.push(offset);
    b.loadConstant(bytes);
    end.run();
    b.ladd();
    b.lcmp();
    b.iflt(fine);
    b.labelBinding(fault);
    b.loadConstant(place.region());
    code.push(offset);
    b.loadConstant(bytes);
    b.loadConstant(place.elementBytes());
    b.invokestatic(
        Names.SUPPORT,
        "fault",
        MethodTypeDesc.of(
            IndexFault.class.describeConstable().orElseThrow(), CD_int, CD_long, CD_long, CD_int));
    b.athrow();
    b.labelBinding(fine);
    code.close();
  }
}
