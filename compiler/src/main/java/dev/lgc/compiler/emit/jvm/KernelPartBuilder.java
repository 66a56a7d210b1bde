package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a {@link StageGroup} of a kernel as a kernel over its rows. The axes of the whole kernel's
 * space move into the addresses of its buffers; where they are used otherwise, their positions are
 * read from memory.
 */
final class KernelPartBuilder {
  private final LocalDefUse whole;
  private final StageGroup group;
  private final String name;
  private final List<Axis> space;
  private final Map<KernelPart.Place, Integer> numbers = new LinkedHashMap<>();
  private final List<Buffer> buffers = new ArrayList<>();

  KernelPartBuilder(LocalDefUse whole, StageGroup group, String name) {
    this.whole = whole;
    this.group = group;
    this.name = name;
    this.space = whole.kernel().space();
  }

  /** The part, if no buffer that is read and written is reached in two ways. */
  Optional<KernelPart> build() {
    List<Stage> stages = new ArrayList<>();
    for (int i : group.stages()) {
      Stage s = whole.stage(i);
      List<Axis> own = s.axes().subList(group.rows().size(), s.axes().size());
      Scalar value = rewritten(s.value());
      stages.add(new Stage(target(s, own), own, s.reduction(), s.reducer(), value));
    }
    List<KernelPart.Place> places = List.copyOf(numbers.keySet());
    boolean clear =
        places.stream()
            .filter(p -> p instanceof KernelPart.Place.Argument)
            .map(p -> ((KernelPart.Place.Argument) p).buffer())
            .filter(b -> whole.kernel().buffers().get(b).access() == Buffer.Access.READ_WRITE)
            .allMatch(new java.util.HashSet<Integer>()::add);
    return clear
        ? Optional.of(new KernelPart(new Kernel(name, buffers, group.rows(), stages), places))
        : Optional.empty();
  }

  private Stage.Target target(Stage s, List<Axis> own) {
    if (s.target() instanceof Stage.Target.Store(int buffer, Scalar index)) {
      Rebased r = rebased(buffer, index);
      return new Stage.Target.Store(argument(buffer, r, Buffer.Access.WRITE), r.index);
    }
    int n = LocalDefUse.local(s.target()).orElseThrow();
    DType type = LocalDefUse.type(s);
    if (!whole.isWithin(n, group.stages())) {
      return new Stage.Target.Store(kept(n, Buffer.Access.WRITE), linear(s.axes()));
    }
    return own.isEmpty()
        ? new Stage.Target.Local(n, type)
        : new Stage.Target.Scratch(n, type, own.stream().map(Axis::extent).toList());
  }

  /** The place of a position in a dense array over some axes. */
  private static Scalar linear(List<Axis> axes) {
    return Expressions.linear(
        axes.stream().<Scalar>map(Scalar::of).toList(), axes.stream().map(Axis::extent).toList());
  }

  // Buffers.

  private int number(KernelPart.Place place, Buffer b) {
    Integer known = numbers.putIfAbsent(place, buffers.size());
    if (known == null) {
      buffers.add(b);
      return buffers.size() - 1;
    }
    if (buffers.get(known).access() != b.access()) {
      buffers.set(known, new Buffer(b.dtype(), b.elements(), Buffer.Access.READ_WRITE));
    }
    return known;
  }

  private int argument(int buffer, Rebased at, Buffer.Access access) {
    Buffer b = whole.kernel().buffers().get(buffer);
    return number(
        new KernelPart.Place.Argument(buffer, at.strides),
        new Buffer(b.dtype(), b.elements(), access));
  }

  private int kept(int local, Buffer.Access access) {
    Stage s = whole.definition(local);
    DType type = LocalDefUse.type(s);
    long elements = Axis.positions(s.axes());
    return number(
        new KernelPart.Place.Kept(local, elements * type.bytes()),
        new Buffer(type, elements, access));
  }

  // Values.

  /** An index without the axes of the whole kernel's space, and what they are worth in bytes. */
  private record Rebased(Scalar index, List<Long> strides) {}

  private Rebased rebased(int buffer, Scalar index) {
    Affine at = Affine.of(index);
    boolean fixed = at.rest().stream().noneMatch(p -> Expressions.isDynamic(p.term()));
    if (!fixed) {
      // It is to be compared with the size of the whole buffer.
      return new Rebased(rewritten(index), space.stream().map(a -> 0L).toList());
    }
    int bytes = whole.kernel().buffers().get(buffer).dtype().bytes();
    List<Long> strides = space.stream().map(a -> at.stride(a) * bytes).toList();
    Scalar sum = Scalar.i32(at.constant());
    for (Map.Entry<Axis, Long> e : at.strides().entrySet()) {
      if (!space.contains(e.getKey())) {
        sum = sum.plus(Scalar.of(e.getKey()).times(Scalar.i32(e.getValue())));
      }
    }
    for (Affine.Part p : at.rest()) {
      sum = sum.plus(rewritten(p.term()).times(Scalar.i32(p.factor())));
    }
    return new Rebased(sum, strides);
  }

  private Scalar rewritten(Scalar s) {
    return switch (s) {
      case Scalar.AxisIndex(Axis a) when space.contains(a) ->
          new Scalar.Load(
              number(
                  new KernelPart.Place.Position(space.indexOf(a)),
                  new Buffer(DType.I32, 1, Buffer.Access.READ)),
              DType.I32,
              List.of(Scalar.i32(0)));
      case Scalar.AxisIndex a -> a;
      case Scalar.Literal l -> l;
      case Scalar.Load l -> {
        Rebased r = rebased(l.operand(), l.index().getFirst());
        yield new Scalar.Load(
            argument(l.operand(), r, Buffer.Access.READ),
            l.dtype(),
            List.of(r.index),
            l.guard().map(this::rewritten),
            l.otherwise());
      }
      case Scalar.Local l -> {
        List<Scalar> index = l.index().stream().map(this::rewritten).toList();
        if (whole.isWithin(l.number(), group.stages())) {
          yield new Scalar.Local(
              l.number(), l.dtype(), index.subList(group.rows().size(), index.size()));
        }
        List<Integer> extents =
            whole.definition(l.number()).axes().stream().map(Axis::extent).toList();
        yield new Scalar.Load(
            kept(l.number(), Buffer.Access.READ),
            l.dtype(),
            List.of(Expressions.linear(index, extents)));
      }
      case Scalar.Apply a -> a.withChildren(a.children().stream().map(this::rewritten).toList());
      case Scalar.Uniform u -> u.withChildren(u.children().stream().map(this::rewritten).toList());
    };
  }
}
