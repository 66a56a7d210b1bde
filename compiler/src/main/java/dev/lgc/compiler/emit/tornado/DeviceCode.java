package dev.lgc.compiler.emit.tornado;

import static java.lang.constant.ConstantDescs.CD_int;

import dev.lgc.compiler.emit.LocalVariables;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.util.EnumSet;
import java.util.Set;

/**
 * A static method being written: local variables with scopes, counted loops, branches that come
 * together again. TornadoVM wants an entry in the LocalVariableTable for every variable, and
 * compiles only loops that end where they are tested.
 */
final class DeviceCode {
  /** A local variable. */
  record Var(int slot, ClassDesc type) {}

  final CodeBuilder b;
  private final LocalVariables locals;
  private final ClassDesc self;
  private final Set<Helper> called = EnumSet.noneOf(Helper.class);

  /**
   * @param self the class that the method is of
   */
  DeviceCode(CodeBuilder b, ClassDesc self) {
    this.b = b;
    this.locals = new LocalVariables(b, 0);
    this.self = self;
  }

  void open() {
    locals.open();
  }

  void close() {
    locals.close();
  }

  /** Ends all scopes. */
  void end() {
    locals.end();
  }

  /** The next parameter. */
  Var parameter(String name, ClassDesc type) {
    return new Var(locals.declare(name, type), type);
  }

  /** A new variable with what is on the stack. */
  Var save(String name, ClassDesc type) {
    return new Var(locals.save(name, type), type);
  }

  Var saveInt(String name) {
    return save(name, CD_int);
  }

  void push(Var v) {
    b.loadLocal(TypeKind.from(v.type), v.slot);
  }

  void set(Var v) {
    b.storeLocal(TypeKind.from(v.type), v.slot);
  }

  /** Calls a method of the class, with its arguments on the stack. */
  void call(Helper h) {
    h.call(b, self);
    called.add(h);
  }

  /** The methods that have been called so far: the class must have them. */
  Set<Helper> called() {
    return called;
  }

  /** The body of a loop, given its counter. */
  interface Body {
    void emit(Var counter);
  }

  /** {@code for (int i = from; i < limit; i += step) body}, in a scope of its own. */
  void loop(String name, Runnable from, int limit, int step, Body body) {
    loop(name, from, () -> b.loadConstant(limit), step, body);
  }

  /**
   * @param limit pushes it, anew every time
   */
  void loop(String name, Runnable from, Runnable limit, int step, Body body) {
    open();
    from.run();
    Var i = saveInt(name);
    Label head = b.newBoundLabel();
    Label end = b.newLabel();
    push(i);
    limit.run();
    b.if_icmpge(end);
    open();
    body.emit(i);
    close();
    push(i);
    b.loadConstant(step);
    b.iadd();
    set(i);
    b.goto_(head);
    b.labelBinding(end);
    close();
  }

  /** {@code while (v < limit) body}. */
  void whileBelow(Var v, int limit, Runnable body) {
    Label head = b.newBoundLabel();
    Label end = b.newLabel();
    push(v);
    b.loadConstant(limit);
    b.if_icmpge(end);
    open();
    body.run();
    close();
    b.goto_(head);
    b.labelBinding(end);
  }

  /** {@code if (v < limit) body}. */
  void ifBelow(Var v, int limit, Runnable body) {
    ifBelow(v, () -> b.loadConstant(limit), body);
  }

  /**
   * @param limit pushes it
   */
  void ifBelow(Var v, Runnable limit, Runnable body) {
    push(v);
    limit.run();
    Label end = b.newLabel();
    b.if_icmpge(end);
    open();
    body.run();
    close();
    b.labelBinding(end);
  }

  /**
   * Pushes one of two values.
   *
   * @param condition pushes an int; zero chooses the second
   */
  void either(Runnable condition, Runnable one, Runnable other) {
    condition.run();
    Label otherwise = b.newLabel();
    Label end = b.newLabel();
    b.ifeq(otherwise);
    open();
    one.run();
    close();
    b.goto_(end);
    b.labelBinding(otherwise);
    open();
    other.run();
    close();
    b.labelBinding(end);
  }
}
