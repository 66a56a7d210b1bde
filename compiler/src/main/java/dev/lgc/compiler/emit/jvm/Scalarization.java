package dev.lgc.compiler.emit.jvm;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * Functions of vectors that have no vector instruction, computed one lane after the other.
 *
 * <pre>
 * r = pow(x, y), x a vector   →  spill[0] = x
 *                                for l in lanes: spill[RESULT][l] = pow(spill[0][l], y)
 *                                r = spill[RESULT]
 * </pre>
 */
final class Scalarization {
  private final KernelMethod method;
  private final MethodCode code;
  private final CodeBuilder b;
  private final MemoryAccess memory;
  private final SpillSlots spills;
  private final Lane lane;

  /** For the lanes of a vector. */
  Scalarization(KernelMethod method, Lane lane) {
    this.method = method;
    this.code = method.code;
    this.b = code.b;
    this.memory = method.memory;
    this.spills = new SpillSlots(method);
    this.lane = lane;
  }

  /** Pushes a function of single elements, which {@code operands} push. */
  interface ElementFunction {
    void emit(List<Runnable> operands);
  }

  /**
   * Pushes a function of some operands.
   *
   * @param result its type
   */
  void apply(List<Operand> operands, DType result, ElementFunction f) {
    List<Integer> slots = new ArrayList<>();
    for (Operand v : operands) {
      if (v.form().vector()) {
        int slot = slots.size();
        slots.add(slot);
        memory.storeLanes(
            v.form().dtype(), lane.width(), () -> spills.push(slot), method.pusher(v), null);
      }
    }
    code.loop(
        "lane",
        b::iconst_0,
        null,
        lane.width(),
        1,
        l -> {
          List<Runnable> elements = new ArrayList<>();
          int slot = 0;
          for (Operand v : operands) {
            if (v.form().vector()) {
              int from = slot++;
              DType t = v.form().dtype();
              memory.load(t, () -> spills.pushLane(from, l, t));
              MethodCode.Var x = code.save("x", Form.scalar(t));
              elements.add(() -> code.push(x));
            } else {
              elements.add(method.pusher(v));
            }
          }
          f.emit(elements);
          MethodCode.Var y = code.save("y", Form.scalar(result));
          memory.store(
              result, () -> spills.pushLane(SpillSlots.RESULT, l, result), () -> code.push(y));
        });
    loadResult(result);
  }

  /** Pushes the vector of results. */
  void loadResult(DType t) {
    memory.loadLanes(t, lane.width(), () -> spills.push(SpillSlots.RESULT), null);
  }
}
