package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_long;

import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;

/**
 * A method of a kernel's class that is being written: its first parameters, the kernel that it
 * belongs to, and the instructions for operands, memory and functions. All that is the same from
 * its first instruction to its last; what changes on the way is its {@link Environment}.
 */
final class KernelMethod {
  final MethodCode code;
  final Kernel kernel;
  final ScratchLayout scratch;
  final VectorConstants constants;

  /** The expressions of the kernel, each once. */
  final Expressions terms = new Expressions();

  final MemoryAccess memory;
  final ScalarFunctions scalars;

  /** The functions of vectors; null where vectors have one lane. */
  final VectorFunctions vectors;

  /** The addresses of the kernel's buffers. */
  final MethodCode.Var buffers;

  /** The address of the memory that all threads share. */
  final MethodCode.Var shared;

  /** The address of the thread's scratch memory. */
  final MethodCode.Var scratchStart;

  private final CodeBuilder b;

  /**
   * Begins a method; parameters of its own follow the first three.
   *
   * @param width lanes of a vector
   */
  KernelMethod(
      MethodCode code, Kernel kernel, ScratchLayout scratch, VectorConstants constants, int width) {
    this.code = code;
    this.b = code.b;
    this.kernel = kernel;
    this.scratch = scratch;
    this.constants = constants;
    this.memory = new MemoryAccess(code);
    this.scalars = new ScalarFunctions(code);
    this.vectors = width > 1 ? new VectorFunctions(code, width) : null;
    this.buffers = code.parameter("buffers", JvmTypes.LONGS);
    this.shared = code.parameter("shared", CD_long);
    this.scratchStart = code.parameter("scratch", CD_long);
  }

  // Operands.

  /** A new variable with what is on the stack. */
  Operand.Variable held(String name, Form form) {
    return new Operand.Variable(code.save(name, form));
  }

  void push(Operand v) {
    switch (v) {
      case Operand.Variable(MethodCode.Var x) -> code.push(x);
      case Operand.Constant(Form f, double x) -> pushConstant(f.dtype(), x);
    }
  }

  Runnable pusher(Operand v) {
    return () -> push(v);
  }

  /** Pushes a value as a vector or mask, the same in all lanes if it is one element. */
  void pushLanes(Operand v) {
    push(v);
    if (!v.form().vector()) {
      vectors.broadcast(v.form().dtype());
    }
  }

  void pushConstant(DType t, double x) {
    switch (t) {
      case F32, BF16, F16 -> b.loadConstant((float) x);
      case F64 -> b.loadConstant(x);
      case I32, I8, BOOL -> b.loadConstant((int) x);
    }
  }

  // Addresses.

  /**
   * Pushes where a buffer or a scratch array begins.
   *
   * @param region a buffer's number, or -1 - number of a scratch array
   */
  void pushBase(int region) {
    if (region >= 0) {
      code.push(buffers);
      b.loadConstant(region);
      b.laload();
    } else {
      code.push(scratchStart);
      b.loadConstant((long) scratch.offsets().get(-1 - region));
      b.ladd();
    }
  }

  /** Pushes a position times a factor in bytes, as a long. */
  void pushScaled(Runnable position, long factor) {
    position.run();
    b.i2l();
    if (factor != 1) {
      b.loadConstant(factor);
      b.lmul();
    }
  }
}
