package dev.lgc.compiler.emit.tornado;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LocalVariable;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What TornadoVM asks of a class beyond being valid, so far as it is known: its verifier is a
 * device that computes something else.
 */
final class TaskRules {
  private static final Set<String> MATH =
      Set.of("exp", "log", "sin", "cos", "tanh", "sqrt", "abs", "pow");

  private final DeviceTask task;
  private final List<String> problems = new ArrayList<>();

  private TaskRules(DeviceTask task) {
    this.task = task;
  }

  /** Fails unless a task's class is as it must be. */
  static void check(DeviceTask task) {
    TaskRules rules = new TaskRules(task);
    rules.check();
    if (!rules.problems.isEmpty()) {
      throw new AssertionError(task.name() + ": " + rules.problems);
    }
  }

  private void check() {
    ClassFile.of().verify(task.classFile()).forEach(e -> problems.add(e.toString()));
    ClassModel c = ClassFile.of().parse(task.classFile());
    if (c.interfaces().size() != 1
        || !c.interfaces()
            .getFirst()
            .asInternalName()
            .endsWith("TornadoFunctions$Task" + (task.arrays().size() + 1))) {
      problems.add("implements " + c.interfaces());
    }
    for (MethodModel m : c.methods()) {
      String name = m.methodName().stringValue();
      CodeAttribute code = (CodeAttribute) m.code().orElseThrow();
      if (name.startsWith("lgc_")) {
        if (!m.flags().has(java.lang.reflect.AccessFlag.STATIC)) {
          problems.add(name + " is not static");
        }
        method(name, code);
      } else if (!name.equals("apply") && !name.equals("<init>")) {
        problems.add("a method named " + name);
      }
    }
  }

  private void method(String name, CodeAttribute code) {
    List<Instruction> instructions = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    List<LocalVariable> variables = new ArrayList<>();
    int at = 0;
    for (CodeElement e : code) {
      switch (e) {
        case Instruction i -> {
          instructions.add(i);
          places.add(at);
          at += i.sizeInBytes();
        }
        case LocalVariable v -> variables.add(v);
        default -> {}
      }
    }
    places.add(at);
    int returns = 0;
    Set<Integer> heads = new HashSet<>();
    for (int i = 0; i < instructions.size(); i++) {
      switch (instructions.get(i)) {
        case ReturnInstruction _ -> returns++;
        case LoadInstruction l -> named(name, code, variables, l.slot(), places.get(i));
        case StoreInstruction s -> named(name, code, variables, s.slot(), places.get(i + 1));
        case BranchInstruction b -> {
          int to = code.labelToBci(b.target());
          if (to <= places.get(i)) {
            if (b.opcode() != Opcode.GOTO && b.opcode() != Opcode.GOTO_W || !heads.add(to)) {
              problems.add(name + " jumps back by " + b.opcode() + ", or to one place twice");
            }
            exits(name, code, instructions, places, to, places.get(i));
          }
        }
        case InvokeInstruction v -> invoked(name, v);
        default -> {}
      }
    }
    if (returns != 1) {
      problems.add(name + " returns in " + returns + " places");
    }
  }

  /** Loops end where they are tested: nothing inside one jumps behind its end but its test. */
  private void exits(
      String name,
      CodeAttribute code,
      List<Instruction> instructions,
      List<Integer> places,
      int head,
      int end) {
    int leaving = 0;
    for (int i = 0; i < instructions.size(); i++) {
      if (places.get(i) >= head
          && places.get(i) < end
          && instructions.get(i) instanceof BranchInstruction b
          && code.labelToBci(b.target()) > end) {
        leaving++;
      }
    }
    if (leaving != 1) {
      problems.add(name + " has a loop with " + leaving + " exits");
    }
  }

  private void named(
      String name, CodeAttribute code, List<LocalVariable> variables, int slot, int at) {
    boolean found =
        variables.stream()
            .anyMatch(
                v ->
                    v.slot() == slot
                        && code.labelToBci(v.startScope()) <= at
                        && at <= code.labelToBci(v.endScope()));
    if (!found) {
      problems.add(name + " has no name for variable " + slot + " at " + at);
    }
  }

  private void invoked(String name, InvokeInstruction i) {
    String owner = i.owner().asInternalName();
    String called = i.name().stringValue();
    boolean known =
        owner.equals("uk/ac/manchester/tornado/api/KernelContext")
            || owner.startsWith("uk/ac/manchester/tornado/api/types/arrays/")
            || owner.equals("uk/ac/manchester/tornado/api/math/TornadoMath")
                && MATH.contains(called)
            || owner.equals("java/lang/Integer") && called.equals("intValue")
            || called.startsWith("lgc_");
    if (!known) {
      problems.add(name + " calls " + owner + "." + called);
    }
  }
}
