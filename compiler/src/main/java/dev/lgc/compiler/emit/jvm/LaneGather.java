package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/**
 * Reads an element for every lane, one by one, where memory is not in lane order. The summands of
 * an address that vary between lanes are computed for all lanes at once and kept in the emitter's
 * vectors; where there are more summands than vectors, they are added up a few at a time.
 */
final class LaneGather {
  /** The summands added up at once where there are more than vectors for them. */
  private static final int GROUP = 3;

  /** The first of the vectors that hold partial sums of 64 bits. */
  private static final int PARTIAL = GROUP;

  private final KernelMethod method;
  private final Environment environment;
  private final Addresses addresses;
  private final Subexpressions values;
  private final BoundsChecks checks;
  private final SpillSlots spills;
  private final MemoryAccess memory;
  private final MethodCode code;
  private final CodeBuilder b;
  private final Lane lane;

  LaneGather(
      KernelMethod method, Environment environment, Addresses addresses, Subexpressions values) {
    this.method = method;
    this.environment = environment;
    this.addresses = addresses;
    this.values = values;
    this.checks = new BoundsChecks(method);
    this.spills = new SpillSlots(method);
    this.memory = method.memory;
    this.code = method.code;
    this.b = code.b;
    this.lane = environment.lane();
  }

  /** A summand of an address: a value of every lane, and its factor in bytes. */
  private record Part(Operand value, long factor) {}

  /**
   * Pushes the elements as a vector.
   *
   * @param otherwise what lanes outside of the mask get
   */
  void read(Addresses.Place place, DType t, MethodCode.Var mask, double otherwise) {
    MethodCode.Var base = addresses.computeUniform(place);
    List<Part> parts =
        place.index().rest().stream()
            .filter(p -> environment.varies(p.term()))
            .map(p -> new Part(values.value(p.term()), p.factor() * place.scale()))
            .toList();
    long stride = place.index().stride(lane.axis()) * place.scale();
    int done = 0;
    if (parts.size() > SpillSlots.RESULT) {
      for (; parts.size() - done > GROUP; done += GROUP) {
        List<Part> group = parts.subList(done, done + GROUP);
        boolean first = done == 0;
        spill(group);
        loop(
            l ->
                memory.storeLong(
                    () -> spills.pushLane(PARTIAL, l, Long.BYTES),
                    () -> pushSum(l, first ? base : null, stride, group)));
      }
    }
    List<Part> last = parts.subList(done, parts.size());
    MethodCode.Var start = done == 0 ? base : null;
    spill(last);
    MethodCode.Var bits = null;
    if (mask != null) {
      code.push(mask);
      b.invokevirtual(JvmTypes.MASK, "toLong", MethodTypeDesc.of(CD_long));
      bits = code.saveLong("bits");
    }
    MethodCode.Var set = bits;
    loop(
        l -> {
          Label skip = b.newLabel();
          Label end = b.newLabel();
          if (set != null) {
            code.push(set);
            code.push(l);
            b.lushr();
            b.l2i();
            b.iconst_1();
            b.iand();
            b.ifeq(skip);
          }
          code.open();
          pushSum(l, start, stride, last);
          MethodCode.Var at = code.saveLong("at");
          checks.check(place, at, null);
          memory.load(t, () -> code.push(at));
          MethodCode.Var x = code.save("x", Form.scalar(t));
          memory.store(t, () -> spills.pushLane(SpillSlots.RESULT, l, t), () -> code.push(x));
          code.close();
          if (set != null) {
            b.goto_(end);
            b.labelBinding(skip);
            memory.store(
                t,
                () -> spills.pushLane(SpillSlots.RESULT, l, t),
                () -> method.pushConstant(t, otherwise));
            b.labelBinding(end);
          }
        });
    memory.loadLanes(t, lane.width(), () -> spills.push(SpillSlots.RESULT), null);
  }

  private void spill(List<Part> parts) {
    for (int i = 0; i < parts.size(); i++) {
      int slot = i;
      memory.storeLanes(
          DType.I32,
          lane.width(),
          () -> spills.push(slot),
          () -> method.pushLanes(parts.get(slot).value),
          null);
    }
  }

  /**
   * Pushes a lane's address as far as the summands in the vectors go.
   *
   * @param base where the sum begins; null to go on from the lane's partial sum
   */
  private void pushSum(MethodCode.Var l, MethodCode.Var base, long stride, List<Part> parts) {
    if (base == null) {
      memory.loadLong(() -> spills.pushLane(PARTIAL, l, Long.BYTES));
    } else {
      code.push(base);
      code.push(l);
      b.i2l();
      b.loadConstant(stride);
      b.lmul();
      b.ladd();
    }
    for (int i = 0; i < parts.size(); i++) {
      int slot = i;
      memory.load(DType.I32, () -> spills.pushLane(slot, l, DType.I32));
      b.i2l();
      b.loadConstant(parts.get(i).factor);
      b.lmul();
      b.ladd();
    }
  }

  private void loop(MethodCode.LoopBody body) {
    code.loop("lane", b::iconst_0, null, lane.width(), 1, body);
  }
}
