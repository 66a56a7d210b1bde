package dev.lgc.compiler.emit.jvm;

import static java.lang.constant.ConstantDescs.CD_void;

import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.lang.classfile.ClassBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * One point at a time. A stage with loops is a method of its own, compiled on its own, that takes
 * the locals it reads and returns its result; those that are alike share one. Stages without are
 * written where they are.
 */
final class PointEmitter {
  private final KernelClass kernelClass;
  private final Kernel kernel;
  private final Map<Integer, Form> locals = new HashMap<>();

  /** The locals that each stage with loops reads, in order. */
  private final Map<Integer, List<Integer>> read = new HashMap<>();

  /** Of each stage with loops, the stage whose method computes it. */
  private final Map<Integer, Integer> methods = new HashMap<>();

  PointEmitter(KernelClass kernelClass) {
    this.kernelClass = kernelClass;
    this.kernel = kernelClass.kernel;
    for (Stage s : kernel.stages()) {
      if (s.target() instanceof Stage.Target.Local t) {
        locals.put(t.number(), Form.scalar(t.dtype()));
      }
    }
    StageDeduplicator alike = new StageDeduplicator();
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = kernel.stages().get(i);
      if (!hasLoops(s)) {
        continue;
      }
      read.put(i, localsOf(s));
      boolean alone = kernelClass.segmentedSums.containsKey(i);
      methods.put(i, alone ? i : alike.firstLike(i, s, read.get(i), kernelClass.lanesOf(i)));
    }
  }

  /** The method {@code point} and those of stages. */
  void emit(ClassBuilder c) {
    for (int i : new TreeSet<>(methods.values())) {
      KernelClass.method(c, "stage" + i, stageType(i), true, code -> stage(code, i));
    }
    KernelClass.method(c, "point", kernelClass.pointType(CD_void, List.of()), true, this::point);
  }

  /**
   * Calls it.
   *
   * @param point pushes the arguments that say where
   */
  void call(MethodCode code, Runnable point) {
    point.run();
    code.b.invokestatic(kernelClass.self, "point", kernelClass.pointType(CD_void, List.of()));
  }

  private static boolean hasLoops(Stage s) {
    return !s.axes().isEmpty() || !s.reduction().isEmpty();
  }

  private void point(MethodCode code) {
    ExpressionEmitter values = kernelClass.expressions(code);
    StageEmitter emitter = new StageEmitter(values, kernelClass.width);
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = kernel.stages().get(i);
      if (!hasLoops(s)) {
        emitter.emitInline(s, null, kernelClass.rereads);
        continue;
      }
      kernelClass.pushPoint(values);
      read.get(i).forEach(n -> values.method.push(values.environment.local(n)));
      code.b.invokestatic(kernelClass.self, "stage" + methods.get(i), stageType(i));
      if (s.target() instanceof Stage.Target.Local t) {
        values.environment.bindLocal(
            t.number(), values.method.held("local" + t.number(), locals.get(t.number())));
      }
    }
    code.b.return_();
  }

  /** Locals that a stage reads, in order. */
  private List<Integer> localsOf(Stage s) {
    Expressions terms = new Expressions();
    TreeSet<Integer> found = new TreeSet<>(terms.locals(terms.unique(s.value())));
    if (s.target() instanceof Stage.Target.Store store) {
      found.addAll(terms.locals(terms.unique(store.index())));
    }
    found.retainAll(locals.keySet());
    return new ArrayList<>(found);
  }

  private MethodTypeDesc stageType(int number) {
    Stage s = kernel.stages().get(number);
    ClassDesc result =
        s.target() instanceof Stage.Target.Local t ? locals.get(t.number()).type() : CD_void;
    return kernelClass.pointType(
        result, read.get(number).stream().map(n -> locals.get(n).type()).toList());
  }

  private void stage(MethodCode code, int number) {
    Stage s = kernel.stages().get(number);
    ExpressionEmitter values = kernelClass.expressions(code);
    for (int n : read.get(number)) {
      values.environment.bindLocal(
          n, new Operand.Variable(code.parameter("local" + n, locals.get(n))));
    }
    Operand v =
        new StageEmitter(values, kernelClass.width)
            .emit(s, kernelClass.lanesOf(number), kernelClass.lists(number, values.method.shared));
    if (v == null) {
      code.b.return_();
    } else {
      values.method.push(v);
      code.b.return_(v.form().kind());
    }
  }
}
