package dev.lgc.compiler.emit.jvm;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** A method body being written: named local variables with scopes, counted loops. */
final class Code {
  /** A local variable. */
  record Var(int slot, Form form, ClassDesc type) {
    TypeKind kind() {
      return TypeKind.from(type);
    }
  }

  private record Named(int slot, String name, ClassDesc type, Label start) {}

  final CodeBuilder b;
  private final Deque<List<Named>> scopes = new ArrayDeque<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private int next;

  /** For a static method; its parameters are declared with {@link #parameter} in order. */
  Code(CodeBuilder b, boolean isStatic) {
    this.b = b;
    this.next = isStatic ? 0 : 1;
    open();
  }

  void open() {
    scopes.push(new ArrayList<>());
    marks.push(next);
  }

  /** Ends the innermost scope; its variables get their entries in the LocalVariableTable. */
  void close() {
    Label end = b.newBoundLabel();
    for (Named n : scopes.pop()) {
      b.localVariable(n.slot, n.name, n.type, n.start, end);
    }
    next = marks.pop();
  }

  Var parameter(String name, ClassDesc type) {
    return declare(name, null, type);
  }

  Var parameter(String name, Form form) {
    return declare(name, form, form.type());
  }

  private Var declare(String name, Form form, ClassDesc type) {
    Var v = new Var(next, form, type);
    next += TypeKind.from(type).slotSize();
    scopes.element().add(new Named(v.slot, name, type, b.newBoundLabel()));
    return v;
  }

  /** A new variable with what is on the stack. */
  Var save(String name, Form form) {
    return save(name, form, form.type());
  }

  Var saveLong(String name) {
    return save(name, null, java.lang.constant.ConstantDescs.CD_long);
  }

  Var save(String name, Form form, ClassDesc type) {
    b.storeLocal(TypeKind.from(type), next);
    return declare(name, form, type);
  }

  void push(Var v) {
    b.loadLocal(v.kind(), v.slot);
  }

  void set(Var v) {
    b.storeLocal(v.kind(), v.slot);
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

  /** What a loop does, given its counter. */
  @FunctionalInterface
  interface LoopBody {
    void emit(Var counter);
  }
}
