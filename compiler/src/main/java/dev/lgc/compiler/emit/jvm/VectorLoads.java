package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.Objects;
import java.util.Optional;

/**
 * Loads of all lanes of a vector.
 *
 * <p>With vectors along i:
 *
 * <pre>
 * x[i]                    →  one load
 * i &lt; n ? x[i] : 0        →  one load under the mask i &lt; n
 * x[2 i + 1]              →  two loads, shuffled together          {@link WindowedGather}
 * x[t[i]]                 →  for l in lanes: x[t[i + l]]           {@link LaneGather}
 * </pre>
 */
final class VectorLoads {
  private final KernelMethod method;
  private final Environment environment;
  private final Addresses addresses;
  private final Subexpressions values;
  private final BoundsChecks checks;
  private final MethodCode code;
  private final CodeBuilder b;
  private final Lane lane;
  private final LanePatterns patterns;
  private final WindowedGather windows;
  private final LaneGather gather;

  VectorLoads(
      KernelMethod method, Environment environment, Addresses addresses, Subexpressions values) {
    this.method = method;
    this.environment = environment;
    this.addresses = addresses;
    this.values = values;
    this.checks = new BoundsChecks(method);
    this.code = method.code;
    this.b = code.b;
    this.lane = environment.lane();
    this.patterns = environment.patterns();
    this.windows = new WindowedGather(method, addresses, lane);
    this.gather = new LaneGather(method, environment, addresses, values);
  }

  /** Pushes the elements that all lanes load; guards become masks. */
  void load(Scalar.Load l) {
    Addresses.Place place = addresses.of(l);
    if (l.guard().isEmpty()) {
      read(place, l.dtype(), lane.mask(), l.otherwise());
      return;
    }
    Scalar condition = l.guard().get();
    Optional<LanePattern> known = patterns.of(condition);
    if (known.filter(LanePattern::isUniform).isPresent()) {
      Label otherwise = b.newLabel();
      Label end = b.newLabel();
      method.push(values.value(condition));
      b.ifeq(otherwise);
      environment.open();
      read(place, l.dtype(), lane.mask(), l.otherwise());
      environment.close();
      b.goto_(end);
      b.labelBinding(otherwise);
      method.pushLanes(new Operand.Constant(Form.scalar(l.dtype()), l.otherwise()));
      b.labelBinding(end);
      return;
    }
    Optional<GatherWindows> few =
        known.flatMap(p -> patterns.of(place.at()).flatMap(at -> windows.of(at, p.bits(), place)));
    if (few.isPresent() && l.dtype() != DType.BOOL) {
      windows.load(place, l.dtype(), few.get());
    } else {
      Operand guard = values.value(condition);
      MethodCode.Var mask = both(guard, lane.mask());
      read(place, l.dtype(), mask, l.otherwise());
      if (l.otherwise() == 0) {
        return;
      }
    }
    Operand loaded = method.held("loaded", Form.lanes(l.dtype()));
    method.pushLanes(new Operand.Constant(Form.scalar(l.dtype()), l.otherwise()));
    method.push(loaded);
    method.push(values.value(condition));
    method.vectors.blend(l.dtype());
  }

  private MethodCode.Var both(Operand guard, MethodCode.Var mask) {
    method.push(guard);
    if (mask != null) {
      code.push(mask);
      b.invokevirtual(JvmTypes.MASK, "and", MethodTypeDesc.of(JvmTypes.MASK, JvmTypes.MASK));
    }
    return code.save("mask", Form.lanes(DType.BOOL));
  }

  /**
   * Pushes the lanes' elements at a place; lanes outside of the mask get {@code otherwise} or 0.
   */
  void read(Addresses.Place place, DType t, MethodCode.Var mask, double otherwise) {
    Optional<LanePattern> at = patterns.of(place.at());
    boolean guarded = !Objects.equals(mask, lane.mask());
    if (at.filter(LanePattern::isDense).isPresent() && !(guarded && place.isDynamic())) {
      Addresses.Place first = addresses.first(place);
      MethodCode.Var address = addresses.compute(first);
      checks.check(first, address, lane);
      if (mask == null) {
        method.push(windows.load(first, address, t, windows.all()));
      } else {
        method.memory.loadLanes(t, lane.width(), () -> code.push(address), mask);
      }
      return;
    }
    Optional<GatherWindows> few =
        guarded || t == DType.BOOL
            ? Optional.empty()
            : at.flatMap(p -> windows.of(p, windows.all(), place));
    if (few.isPresent()) {
      windows.load(place, t, few.get());
    } else {
      gather.read(place, t, mask, otherwise);
    }
  }
}
