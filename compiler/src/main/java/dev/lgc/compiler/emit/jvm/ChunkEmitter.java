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
  private final Frame frame;
  private final Kernel kernel;
  private final int width;

  ChunkEmitter(Frame frame) {
    this.frame = frame;
    this.kernel = frame.kernel;
    this.width = frame.width;
  }

  /** The methods {@code chunk}, for whole vectors, and {@code rest}, for what is left. */
  void emit(ClassBuilder c) {
    if (frame.chunked.extent() >= width) {
      Frame.method(
          c, "chunk", frame.pointType(CD_void, List.of(CD_int, CD_int)), true, this::chunk);
    }
    if (frame.left() > 0) {
      Frame.method(c, "rest", frame.pointType(CD_void, List.of()), true, this::rest);
    }
  }

  /**
   * Calls them.
   *
   * @param point pushes the arguments that say where
   */
  void call(Code code, Runnable point, Code.Var chunk) {
    CodeBuilder b = code.b;
    int whole = frame.chunked.extent() - frame.left();
    int grain = frame.schedule.grain();
    code.push(chunk);
    b.loadConstant(grain);
    b.imul();
    Code.Var from = code.save("from", Form.INDEX);
    if (whole > 0) {
      point.run();
      code.push(from);
      code.push(from);
      b.loadConstant(grain);
      b.iadd();
      b.loadConstant(whole);
      b.invokestatic(Names.MATH, "min", MethodTypeDesc.of(CD_int, CD_int, CD_int));
      b.invokestatic(frame.self, "chunk", frame.pointType(CD_void, List.of(CD_int, CD_int)));
    }
    if (frame.left() > 0) {
      Label notLast = b.newLabel();
      code.push(chunk);
      b.loadConstant(frame.chunks() - 1);
      b.if_icmpne(notLast);
      point.run();
      b.invokestatic(frame.self, "rest", frame.pointType(CD_void, List.of()));
      b.labelBinding(notLast);
    }
  }

  private void chunk(Code code) {
    Evaluator values = frame.evaluator(code);
    Code.Var from = code.parameter("from", Form.INDEX);
    Code.Var to = code.parameter("to", Form.INDEX);
    for (Stage s : kernel.stages()) {
      values.prepare(values.terms.unique(s.value()));
      if (s.target() instanceof Stage.Target.Store(int buffer, var index)) {
        values.addresses.prepare(
            values.addresses.buffer(buffer, values.terms.unique(index)), false);
      }
    }
    code.loop(
        "i" + frame.chunked.number(),
        () -> code.push(from),
        to,
        0,
        width,
        i -> points(values, i, null, width));
    code.b.return_();
    values.close();
  }

  private void rest(Code code) {
    Evaluator values = frame.evaluator(code);
    Code.Var mask = LaneLoops.mask(code, frame.left(), width);
    code.b.loadConstant(frame.chunked.extent() - frame.left());
    Code.Var i = code.save("i" + frame.chunked.number(), Form.INDEX);
    points(values, i, mask, frame.left());
    code.b.return_();
    values.close();
  }

  private void points(Evaluator values, Code.Var i, Code.Var mask, int active) {
    values.open();
    values.bind(frame.chunked, i);
    if (width > 1) {
      values.enter(new Lane(frame.chunked, width, active, mask));
    }
    StageEmitter emitter = new StageEmitter(values, width);
    for (int n = 0; n < kernel.stages().size(); n++) {
      emitter.emitInline(kernel.stages().get(n), frame.lists(n, values.shared()), frame.rereads);
    }
    values.enter(null);
    values.unbind(frame.chunked);
    values.close();
  }
}
