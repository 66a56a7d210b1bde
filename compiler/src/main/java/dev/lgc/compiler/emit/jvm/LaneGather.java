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

  private final Evaluator values;
  private final Memory memory;
  private final Code code;
  private final CodeBuilder b;
  private final Lane lane;

  LaneGather(Evaluator values, Memory memory) {
    this.values = values;
    this.memory = memory;
    this.code = values.code;
    this.b = code.b;
    this.lane = values.lane();
  }

  /** A summand of an address: a value of every lane, and its factor in bytes. */
  private record Part(Value value, long factor) {}

  /**
   * Pushes the elements as a vector.
   *
   * @param otherwise what lanes outside of the mask get
   */
  void read(Addresses.Place place, DType t, Code.Var mask, double otherwise) {
    Code.Var base = values.addresses.computeUniform(place);
    List<Part> parts =
        place.index().rest().stream()
            .filter(p -> values.varies(p.term()))
            .map(p -> new Part(values.value(p.term()), p.factor() * place.scale()))
            .toList();
    long stride = place.index().stride(lane.axis()) * place.scale();
    int done = 0;
    if (parts.size() > LaneEvaluator.RESULT) {
      for (; parts.size() - done > GROUP; done += GROUP) {
        List<Part> group = parts.subList(done, done + GROUP);
        boolean first = done == 0;
        spill(group);
        loop(
            l ->
                memory.storeLong(
                    () -> pushSpilled(PARTIAL, l, Long.BYTES),
                    () -> pushSum(l, first ? base : null, stride, group)));
      }
    }
    List<Part> last = parts.subList(done, parts.size());
    Code.Var start = done == 0 ? base : null;
    spill(last);
    Code.Var bits = null;
    if (mask != null) {
      code.push(mask);
      b.invokevirtual(Names.MASK, "toLong", MethodTypeDesc.of(CD_long));
      bits = code.saveLong("bits");
    }
    Code.Var set = bits;
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
          Code.Var at = code.saveLong("at");
          values.addresses.check(place, at, null);
          memory.load(t, () -> code.push(at));
          Code.Var x = code.save("x", Form.scalar(t));
          memory.store(t, () -> pushResult(l, t), () -> code.push(x));
          code.close();
          if (set != null) {
            b.goto_(end);
            b.labelBinding(skip);
            memory.store(t, () -> pushResult(l, t), () -> values.pushConstant(t, otherwise));
            b.labelBinding(end);
          }
        });
    memory.loadLanes(t, lane.width(), () -> values.addresses.pushSpill(LaneEvaluator.RESULT), null);
  }

  private void spill(List<Part> parts) {
    for (int i = 0; i < parts.size(); i++) {
      int slot = i;
      memory.storeLanes(
          DType.I32,
          lane.width(),
          () -> values.addresses.pushSpill(slot),
          () -> values.pushLanes(parts.get(slot).value),
          null);
    }
  }

  /**
   * Pushes a lane's address as far as the summands in the vectors go.
   *
   * @param base where the sum begins; null to go on from the lane's partial sum
   */
  private void pushSum(Code.Var l, Code.Var base, long stride, List<Part> parts) {
    if (base == null) {
      memory.loadLong(() -> pushSpilled(PARTIAL, l, Long.BYTES));
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
      memory.load(DType.I32, () -> pushSpilled(slot, l, DType.I32.bytes()));
      b.i2l();
      b.loadConstant(parts.get(i).factor);
      b.lmul();
      b.ladd();
    }
  }

  private void pushResult(Code.Var l, DType t) {
    pushSpilled(LaneEvaluator.RESULT, l, t.bytes());
  }

  private void pushSpilled(int slot, Code.Var l, int bytes) {
    values.addresses.pushSpill(slot);
    code.push(l);
    b.i2l();
    b.loadConstant((long) bytes);
    b.lmul();
    b.ladd();
  }

  private void loop(Code.LoopBody body) {
    code.loop("lane", b::iconst_0, null, lane.width(), 1, body);
  }
}
