package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_byte;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_short;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/** A reference to typed memory: elements in a row, which emitted code loads and stores. */
sealed interface MemRef {
  DType dtype();

  /** Pushes an element. */
  void load(DeviceCode code, Runnable index);

  /** Stores an element that {@code value} pushes. */
  void store(DeviceCode code, Runnable index, Runnable value);

  /**
   * A part of a device array.
   *
   * @param base pushes what is added to every index; null for none
   */
  record Device(DType dtype, DeviceCode.Var array, int offset, Runnable base) implements MemRef {
    @Override
    public void load(DeviceCode code, Runnable index) {
      get(code, index);
      if (isHalf()) {
        code.call(Helper.from(dtype));
      }
    }

    @Override
    public void store(DeviceCode code, Runnable index, Runnable value) {
      set(
          code,
          index,
          () -> {
            value.run();
            if (isHalf()) {
              code.call(Helper.to(dtype));
            }
          });
    }

    /** Pushes an element as the array has it: of BF16 and F16 the bits. */
    void get(DeviceCode code, Runnable index) {
      code.push(array);
      at(code.b, index);
      MethodTypeDesc get = MethodTypeDesc.of(type(), CD_int);
      code.b.invokevirtual(array.type(), "get", get);
    }

    /** Stores an element as the array has it. */
    void set(DeviceCode code, Runnable index, Runnable value) {
      code.push(array);
      at(code.b, index);
      value.run();
      if (type().equals(CD_byte)) {
        code.b.i2b();
      } else if (isHalf()) {
        code.b.i2s();
      }
      MethodTypeDesc set = MethodTypeDesc.of(CD_void, CD_int, type());
      code.b.invokevirtual(array.type(), "set", set);
    }

    private boolean isHalf() {
      return dtype == DType.BF16 || dtype == DType.F16;
    }

    private void at(CodeBuilder b, Runnable index) {
      index.run();
      if (offset != 0) {
        b.loadConstant(offset);
        b.iadd();
      }
      if (base != null) {
        base.run();
        b.iadd();
      }
    }

    private ClassDesc type() {
      return switch (dtype) {
        case F32 -> CD_float;
        case BF16, F16 -> CD_short;
        case I32 -> CD_int;
        case I8, BOOL -> CD_byte;
        case F64 -> throw new IllegalStateException(dtype.keyword());
      };
    }
  }

  /** A Java array: of a work-item or, made by the kernel context, of a work-group. */
  record Array(DType dtype, DeviceCode.Var array, int offset) implements MemRef {
    @Override
    public void load(DeviceCode code, Runnable index) {
      at(code, index);
      if (dtype.isFloat()) {
        code.b.faload();
      } else {
        code.b.iaload();
      }
    }

    @Override
    public void store(DeviceCode code, Runnable index, Runnable value) {
      at(code, index);
      value.run();
      if (dtype.isFloat()) {
        code.b.fastore();
      } else {
        code.b.iastore();
      }
    }

    private void at(DeviceCode code, Runnable index) {
      code.push(array);
      index.run();
      if (offset != 0) {
        code.b.loadConstant(offset);
        code.b.iadd();
      }
    }
  }
}
