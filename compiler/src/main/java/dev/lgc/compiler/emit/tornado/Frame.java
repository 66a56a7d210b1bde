package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.Map;

/**
 * The kernel method being written: its parameters and what the kernel context gives.
 *
 * @param context the kernel context
 * @param buffers one per buffer of the kernel
 * @param workspace memory of the call's own, by type
 * @param checks by extent: where an index outside of an axis of that extent is told
 */
record Frame(
    Kernel kernel,
    Code code,
    Code.Var context,
    List<Memory.Device> buffers,
    Map<DType, Memory.Device> workspace,
    Map<Integer, Memory.Device> checks) {
  /** Pushes this work-item's number among all: {@code globalIdx}, {@code localIdx}, … */
  void pushId(String field) {
    pushId(code, context, field);
  }

  /** The same, of any kernel context. */
  static void pushId(Code code, Code.Var context, String field) {
    code.push(context);
    code.b.getfield(Names.CONTEXT, field, Names.INTEGER);
    code.b.invokevirtual(Names.INTEGER, "intValue", MethodTypeDesc.of(CD_int));
  }

  Value id(String field) {
    pushId(field);
    return new Value.Held(DType.I32, code.saveInt(field));
  }

  /** Waits for the group's items to come here; what they wrote to local memory is seen. */
  void localBarrier() {
    barrier("localBarrier");
  }

  /** Waits for the group's items to come here; what they wrote to device memory is seen. */
  void globalBarrier() {
    barrier("globalBarrier");
  }

  private void barrier(String name) {
    code.push(context);
    code.b.invokevirtual(Names.CONTEXT, name, MethodTypeDesc.of(CD_void));
  }

  /** Memory of the work-group. */
  Memory.Array local(String name, DType type, int elements) {
    boolean floats = type.isFloat();
    ClassDesc array = floats ? Names.FLOATS : Names.INTS;
    code.push(context);
    code.b.loadConstant(elements);
    code.b.invokevirtual(
        Names.CONTEXT,
        floats ? "allocateFloatLocalArray" : "allocateIntLocalArray",
        MethodTypeDesc.of(array, CD_int));
    return new Memory.Array(type, code.save(name, array), 0);
  }

  /** Memory of the work-item. */
  Memory.Array own(String name, DType type, int elements) {
    boolean floats = type.isFloat();
    code.b.loadConstant(elements);
    code.b.newarray(floats ? TypeKind.FLOAT : TypeKind.INT);
    return new Memory.Array(type, code.save(name, floats ? Names.FLOATS : Names.INTS), 0);
  }

  Evaluator evaluator() {
    return new Evaluator(code, kernel, buffers, checks);
  }
}
