package dev.lgc.compiler.emit.jvm;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;

/**
 * The emitter's own vectors at the beginning of a thread's scratch memory: a vector is written
 * there so that its lanes can be read one by one, or the other way round.
 */
final class SpillSlots {
  /** The slot that results are gathered in; the others hold operands. */
  static final int RESULT = ScratchLayout.SPILLS - 1;

  private final KernelMethod method;
  private final MethodCode code;
  private final CodeBuilder b;

  SpillSlots(KernelMethod method) {
    this.method = method;
    this.code = method.code;
    this.b = code.b;
  }

  /** Pushes a slot's address. */
  void push(int slot) {
    code.push(method.scratchStart);
    b.loadConstant((long) slot * ScratchLayout.SPILL_BYTES);
    b.ladd();
  }

  /** Pushes the address of a lane's element in a slot. */
  void pushLane(int slot, MethodCode.Var lane, DType t) {
    pushLane(slot, lane, t.bytes());
  }

  /**
   * The same for elements of any size.
   *
   * @param bytes of an element
   */
  void pushLane(int slot, MethodCode.Var lane, int bytes) {
    push(slot);
    code.push(lane);
    b.i2l();
    b.loadConstant((long) bytes);
    b.lmul();
    b.ladd();
  }
}
