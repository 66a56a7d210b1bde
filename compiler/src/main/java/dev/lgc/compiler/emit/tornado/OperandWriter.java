package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;

/**
 * Arithmetic on operands: pushes them, computes with them, and saves what is on the stack as a new
 * variable, which is an operand again.
 *
 * <pre>
 * pushSum(i, 3)                      →  iload i, 3, iadd
 * save("at", I32)                    →  istore at                        at is an operand
 * digit("d", at, 16, 8)              →  iload at, 16, idiv, 8, irem, istore d
 * digit("d", Constant 40, 16, 8)     →                                   the constant 2
 * </pre>
 */
class OperandWriter {
  final DeviceCode code;
  final CodeBuilder b;

  OperandWriter(DeviceCode code) {
    this.code = code;
    this.b = code.b;
  }

  DeviceOperand.Variable save(String name, DType type) {
    return new DeviceOperand.Variable(type, code.save(name, TornadoTypes.element(type)));
  }

  Runnable pusher(DeviceOperand v) {
    return () -> push(v);
  }

  void push(DeviceOperand v) {
    switch (v) {
      case DeviceOperand.Variable h -> code.push(h.variable());
      case DeviceOperand.Constant c -> pushConstant(c.dtype(), c.number());
    }
  }

  void pushConstant(DType type, double x) {
    if (type.isFloat()) {
      b.loadConstant((float) x);
    } else {
      b.loadConstant((int) x);
    }
  }

  /** Pushes {@code v + constant}. */
  void pushSum(DeviceOperand v, int constant) {
    push(v);
    b.loadConstant(constant);
    b.iadd();
  }

  /** The sum of two indexes, in a new variable. */
  DeviceOperand add(DeviceOperand x, DeviceOperand y, String name) {
    push(x);
    push(y);
    b.iadd();
    return save(name, DType.I32);
  }

  /** Adds {@code x · y}, rounded, to a sum: TornadoVM compiles no fused multiply-add. */
  void addProduct(DeviceOperand.Variable sum, DeviceOperand x, DeviceOperand y) {
    push(sum);
    push(x);
    push(y);
    b.fmul();
    b.fadd();
    code.set(sum.variable());
  }

  /** {@code position / below % extent}. */
  DeviceOperand digit(String name, DeviceOperand position, int below, int extent) {
    return digit(name, position, below, extent, false);
  }

  /**
   * @param first whether the quotient is below {@code extent} anyway
   */
  DeviceOperand digit(String name, DeviceOperand position, int below, int extent, boolean first) {
    if (extent == 1) {
      return DeviceOperand.Constant.index(0);
    }
    if (position instanceof DeviceOperand.Constant c) {
      int digit = (int) c.number() / below;
      return DeviceOperand.Constant.index(first ? digit : digit % extent);
    }
    if (below == 1 && first) {
      return position;
    }
    push(position);
    if (below > 1) {
      b.loadConstant(below);
      b.idiv();
    }
    if (!first) {
      b.loadConstant(extent);
      b.irem();
    }
    return save(name, DType.I32);
  }
}
