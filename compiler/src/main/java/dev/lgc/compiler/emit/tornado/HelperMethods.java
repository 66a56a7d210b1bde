package dev.lgc.compiler.emit.tornado;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;

/** Writes the bodies of {@link Helper} methods. */
final class HelperMethods {
  private HelperMethods() {}

  /** Adds a method to the class that calls it. */
  static void emit(Helper h, ClassBuilder c, ClassDesc self) {
    c.withMethodBody(
        h.methodName(),
        h.type(),
        ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
        b -> {
          DeviceCode code = new DeviceCode(b, self);
          body(h, code);
          code.end();
        });
  }

  private static void body(Helper h, DeviceCode code) {
    switch (h) {
      case UNIFORM -> new RandomMethod(code).write();
      case FROM_BF16 -> new HalfFloats(code, HalfFloats.Format.BF16).widen();
      case FROM_F16 -> new HalfFloats(code, HalfFloats.Format.F16).widen();
      case TO_BF16 -> new HalfFloats(code, HalfFloats.Format.BF16).round();
      case TO_F16 -> new HalfFloats(code, HalfFloats.Format.F16).round();
    }
  }
}
