package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.emit.LocalVariables;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;

/** A method body being written: named local variables with scopes, counted loops. */
final class MethodCode {
  /** A local variable. */
  record Var(int slot, Form form, ClassDesc type) {
    TypeKind kind() {
      return TypeKind.from(type);
    }
  }

  final CodeBuilder b;
  private final LocalVariables locals;

  /** For a static method; its parameters are declared with {@link #parameter} in order. */
  MethodCode(CodeBuilder b, boolean isStatic) {
    this.b = b;
    this.locals = new LocalVariables(b, isStatic ? 0 : 1);
  }

  void open() {
    locals.open();
  }

  /** Ends the innermost scope; its variables get their entries in the LocalVariableTable. */
  void close() {
    locals.close();
  }

  Var parameter(String name, ClassDesc type) {
    return new Var(locals.declare(name, type), null, type);
  }

  Var parameter(String name, Form form) {
    return new Var(locals.declare(name, form.type()), form, form.type());
  }

  /** A new variable with what is on the stack. */
  Var save(String name, Form form) {
    return save(name, form, form.type());
  }

  Var saveLong(String name) {
    return save(name, null, java.lang.constant.ConstantDescs.CD_long);
  }

  Var save(String name, Form form, ClassDesc type) {
    return new Var(locals.save(name, type), form, type);
  }

  void push(Var v) {
    b.loadLocal(v.kind(), v.slot);
  }

  void set(Var v) {
    b.storeLocal(v.kind(), v.slot);
  }

  /** Leaves 1 if a branch on what is on the stack would be taken, else 0. */
  void truth(Opcode branch) {
    Label yes = b.newLabel();
    Label end = b.newLabel();
    b.branch(branch, yes);
    b.iconst_0();
    b.goto_(end);
    b.labelBinding(yes);
    b.iconst_1();
    b.labelBinding(end);
  }

  /** Pushes {@code then} if {@code condition} pushes 1, else {@code otherwise}. */
  void select(Runnable condition, Runnable then, Runnable otherwise) {
    Label not = b.newLabel();
    Label end = b.newLabel();
    condition.run();
    b.ifeq(not);
    then.run();
    b.goto_(end);
    b.labelBinding(not);
    otherwise.run();
    b.labelBinding(end);
  }

  /** The largest multiple of a power of two that is not above a variable. */
  Var multiple(Var of, int factor) {
    push(of);
    b.loadConstant(-factor);
    b.iand();
    return save("whole", Form.INDEX);
  }

  /**
   * {@code for (int i = from; i < to; i += step) body}, in a scope of its own.
   *
   * @param from pushes the first value
   * @param to a variable, or null for the constant {@code limit}
   */
  void loop(String name, Runnable from, Var to, int limit, int step, LoopBody body) {
    open();
    from.run();
    Var i = save(name, Form.INDEX);
    Label head = b.newBoundLabel();
    Label end = b.newLabel();
    push(i);
    if (to == null) {
      b.loadConstant(limit);
    } else {
      push(to);
    }
    b.if_icmpge(end);
    open();
    body.emit(i);
    close();
    b.iinc(i.slot, step);
    b.goto_(head);
    b.labelBinding(end);
    close();
  }

  /** The body of a loop, given its counter. */
  @FunctionalInterface
  interface LoopBody {
    void emit(Var counter);
  }
}
