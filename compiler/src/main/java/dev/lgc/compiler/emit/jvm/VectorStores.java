package dev.lgc.compiler.emit.jvm;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;

/**
 * Stores of all lanes of a vector.
 *
 * <p>With vectors along i:
 *
 * <pre>
 * y[i] = v        →  one store
 * y[5 i] = v      →  for l in lanes: y[5 (i + l)] = v[l]
 * </pre>
 */
final class VectorStores {
  private final KernelMethod method;
  private final Environment environment;
  private final Addresses addresses;
  private final BoundsChecks checks;
  private final SpillSlots spills;
  private final MethodCode code;
  private final CodeBuilder b;
  private final MemoryAccess memory;
  private final Lane lane;

  VectorStores(KernelMethod method, Environment environment, Addresses addresses) {
    this.method = method;
    this.environment = environment;
    this.addresses = addresses;
    this.checks = new BoundsChecks(method);
    this.spills = new SpillSlots(method);
    this.code = method.code;
    this.b = code.b;
    this.memory = method.memory;
    this.lane = environment.lane();
  }

  /** Writes a value of every lane to a place. */
  void store(Addresses.Place place, DType t, Operand value) {
    boolean perLane = place.region() < 0 && method.scratch.perLane();
    if (perLane || environment.patterns().isDense(place.at())) {
      Addresses.Place first = perLane ? place : addresses.first(place);
      MethodCode.Var at = addresses.compute(first);
      checks.check(first, at, lane);
      memory.storeLanes(
          t, lane.width(), () -> code.push(at), () -> method.pushLanes(value), lane.mask());
      return;
    }
    scatter(place, t, value);
  }

  private boolean isUniform(Addresses.Place place) {
    return place.index().rest().stream().noneMatch(p -> environment.varies(p.term()));
  }

  private void scatter(Addresses.Place place, DType t, Operand value) {
    if (!isUniform(place)) {
      throw new IllegalArgumentException("a store whose lanes have no fixed distance");
    }
    MethodCode.Var base = addresses.compute(place);
    memory.storeLanes(
        t, lane.width(), () -> spills.push(SpillSlots.RESULT), () -> method.pushLanes(value), null);
    long stride = place.index().stride(lane.axis()) * place.scale();
    code.loop(
        "lane",
        b::iconst_0,
        lane.count(),
        lane.active(),
        1,
        l -> {
          memory.load(t, () -> spills.pushLane(SpillSlots.RESULT, l, t));
          MethodCode.Var x = code.save("x", Form.scalar(t));
          memory.store(
              t,
              () -> {
                code.push(base);
                code.push(l);
                b.i2l();
                b.loadConstant(stride);
                b.lmul();
                b.ladd();
              },
              () -> code.push(x));
        });
  }
}
