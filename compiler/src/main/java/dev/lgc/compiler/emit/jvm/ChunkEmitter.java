package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/** Lanes along an axis of the space: all stages for a vector of points, and then for the next. */
final class ChunkEmitter {
  private final KernelClass kernelClass;
  private final Kernel kernel;
  private final int width;

  ChunkEmitter(KernelClass kernelClass) {
    this.kernelClass = kernelClass;
    this.kernel = kernelClass.kernel;
    this.width = kernelClass.width;
  }

  /** The methods {@code chunk}, for whole vectors, and {@code rest}, for what is left. */
  void emit(ClassBuilder c) {
    if (kernelClass.chunked.extent() >= width) {
      KernelClass.method(
          c, "chunk", kernelClass.pointType(CD_void, List.of(CD_int, CD_int)), true, this::chunk);
    }
    if (kernelClass.left() > 0) {
      KernelClass.method(c, "rest", kernelClass.pointType(CD_void, List.of()), true, this::rest);
    }
  }

  /**
   * Calls them.
   *
   * @param point pushes the arguments that say where
   */
  void call(MethodCode code, Runnable point, MethodCode.Var chunk) {
    CodeBuilder b = code.b;
    int whole = kernelClass.chunked.extent() - kernelClass.left();
    int grain = kernelClass.schedule.grain();
    code.push(chunk);
    b.loadConstant(grain);
    b.imul();
    MethodCode.Var from = code.save("from", Form.INDEX);
    if (whole > 0) {
      point.run();
      code.push(from);
      code.push(from);
      b.loadConstant(grain);
      b.iadd();
      b.loadConstant(whole);
      b.invokestatic(JvmTypes.MATH, "min", MethodTypeDesc.of(CD_int, CD_int, CD_int));
      b.invokestatic(
          kernelClass.self, "chunk", kernelClass.pointType(CD_void, List.of(CD_int, CD_int)));
    }
    if (kernelClass.left() > 0) {
      Label notLast = b.newLabel();
      code.push(chunk);
      b.loadConstant(kernelClass.chunks() - 1);
      b.if_icmpne(notLast);
      point.run();
      b.invokestatic(kernelClass.self, "rest", kernelClass.pointType(CD_void, List.of()));
      b.labelBinding(notLast);
    }
  }

  private void chunk(MethodCode code) {
    ExpressionEmitter values = kernelClass.expressions(code);
    MethodCode.Var from = code.parameter("from", Form.INDEX);
    MethodCode.Var to = code.parameter("to", Form.INDEX);
    for (Stage s : kernel.stages()) {
      values.prepare(values.method.terms.unique(s.value()));
      if (s.target() instanceof Stage.Target.Store(int buffer, var index)) {
        values.prepare(values.addresses.buffer(buffer, values.method.terms.unique(index)), false);
      }
    }
    code.loop(
        "i" + kernelClass.chunked.number(),
        () -> code.push(from),
        to,
        0,
        width,
        i -> points(values, i, null, width));
    code.b.return_();
  }

  private void rest(MethodCode code) {
    ExpressionEmitter values = kernelClass.expressions(code);
    MethodCode.Var mask = VectorLoops.mask(code, kernelClass.left(), width);
    code.b.loadConstant(kernelClass.chunked.extent() - kernelClass.left());
    MethodCode.Var i = code.save("i" + kernelClass.chunked.number(), Form.INDEX);
    points(values, i, mask, kernelClass.left());
    code.b.return_();
  }

  private void points(ExpressionEmitter values, MethodCode.Var i, MethodCode.Var mask, int active) {
    Environment environment = values.environment;
    environment.open();
    environment.bind(kernelClass.chunked, i);
    if (width > 1) {
      environment.enter(new Lane(kernelClass.chunked, width, active, mask));
    }
    StageEmitter emitter = new StageEmitter(values, width);
    for (int n = 0; n < kernel.stages().size(); n++) {
      emitter.emitInline(
          kernel.stages().get(n), kernelClass.lists(n, values.method.shared), kernelClass.rereads);
    }
    environment.enter(null);
    environment.unbind(kernelClass.chunked);
    environment.close();
  }
}
