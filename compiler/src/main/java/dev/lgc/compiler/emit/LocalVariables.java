package dev.lgc.compiler.emit;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The local variables of a method that is being written, in scopes: a slot is free again when the
 * scope of its variable ends, and every variable has an entry in the LocalVariableTable, which
 * debuggers show and some targets want.
 */
public final class LocalVariables {
  private record Named(int slot, String name, ClassDesc type, Label start) {}

  private final CodeBuilder b;
  private final Deque<List<Named>> scopes = new ArrayDeque<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private int next;

  /**
   * Opens the scope of the method itself.
   *
   * @param first the slot of the first variable: 1 behind {@code this}, else 0
   */
  public LocalVariables(CodeBuilder b, int first) {
    this.b = b;
    this.next = first;
    open();
  }

  /** Begins a scope inside the innermost one. */
  public void open() {
    scopes.push(new ArrayList<>());
    marks.push(next);
  }

  /** Ends the innermost scope. */
  public void close() {
    Label end = b.newBoundLabel();
    for (Named n : scopes.pop()) {
      b.localVariable(n.slot, n.name, n.type, n.start, end);
    }
    next = marks.pop();
  }

  /** Ends all scopes. */
  public void end() {
    while (!scopes.isEmpty()) {
      close();
    }
  }

  /** Declares a variable, which has its value already; returns its slot. */
  public int declare(String name, ClassDesc type) {
    int slot = next;
    next += TypeKind.from(type).slotSize();
    scopes.element().add(new Named(slot, name, type, b.newBoundLabel()));
    return slot;
  }

  /** Declares a variable with what is on the stack; returns its slot. */
  public int save(String name, ClassDesc type) {
    b.storeLocal(TypeKind.from(type), next);
    return declare(name, type);
  }
}
