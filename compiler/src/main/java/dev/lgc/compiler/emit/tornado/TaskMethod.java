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
record TaskMethod(
    Kernel kernel,
    DeviceCode code,
    DeviceCode.Var context,
    List<MemRef.Device> buffers,
    Map<DType, MemRef.Device> workspace,
    Map<Integer, MemRef.Device> checks) {
  /** Pushes this work-item's number among all: {@code globalIdx}, {@code localIdx}, … */
  void pushId(String field) {
    pushId(code, context, field);
  }

  /** The same, of any kernel context. */
  static void pushId(DeviceCode code, DeviceCode.Var context, String field) {
    code.push(context);
    code.b.getfield(TornadoTypes.CONTEXT, field, TornadoTypes.INTEGER);
    code.b.invokevirtual(TornadoTypes.INTEGER, "intValue", MethodTypeDesc.of(CD_int));
  }

  DeviceOperand id(String field) {
    pushId(field);
    return new DeviceOperand.Variable(DType.I32, code.saveInt(field));
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
    code.b.invokevirtual(TornadoTypes.CONTEXT, name, MethodTypeDesc.of(CD_void));
  }

  /** Memory of the work-group. */
  MemRef.Array local(String name, DType type, int elements) {
    boolean floats = type.isFloat();
    ClassDesc array = floats ? TornadoTypes.FLOATS : TornadoTypes.INTS;
    code.push(context);
    code.b.loadConstant(elements);
    code.b.invokevirtual(
        TornadoTypes.CONTEXT,
        floats ? "allocateFloatLocalArray" : "allocateIntLocalArray",
        MethodTypeDesc.of(array, CD_int));
    return new MemRef.Array(type, code.save(name, array), 0);
  }

  /** Memory of the work-item. */
  MemRef.Array own(String name, DType type, int elements) {
    boolean floats = type.isFloat();
    code.b.loadConstant(elements);
    code.b.newarray(floats ? TypeKind.FLOAT : TypeKind.INT);
    return new MemRef.Array(
        type, code.save(name, floats ? TornadoTypes.FLOATS : TornadoTypes.INTS), 0);
  }

  ExpressionWriter expressions() {
    return new ExpressionWriter(code, kernel, buffers, checks);
  }
}
