package dev.lgc.compiler.emit;

import dev.lgc.dsl.text.Text;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.IncrementInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A class file as text, in the manner of {@code javap -c}: emitted kernels for people to read. */
public final class ClassText {
  private ClassText() {}

  /** The class with all its methods and their instructions. */
  public static String of(byte[] classFile) {
    ClassModel model = ClassFile.of().parse(classFile);
    StringBuilder s = new StringBuilder();
    s.append("class ").append(model.thisClass().asInternalName()).append('\n');
    for (MethodModel m : model.methods()) {
      s.append("  ").append(m.methodName().stringValue());
      s.append(m.methodType().stringValue()).append('\n');
      m.code().ifPresent(code -> print(code, s));
    }
    return s.toString();
  }

  private static void print(Iterable<CodeElement> code, StringBuilder s) {
    Map<Object, Integer> labels = new HashMap<>();
    int offset = 0;
    for (CodeElement e : code) {
      switch (e) {
        case LabelTarget t -> s.append("   L").append(number(labels, t.label())).append(":\n");
        case Instruction i -> {
          String name = i.opcode().name().toLowerCase(Locale.ROOT);
          s.append(
              Text.format("    %5d  %-16s %s", offset, name, operand(i, labels)).stripTrailing());
          s.append('\n');
          offset += i.sizeInBytes();
        }
        default -> {} // line numbers and other attributes
      }
    }
  }

  private static String operand(Instruction i, Map<Object, Integer> labels) {
    return switch (i) {
      case InvokeInstruction x ->
          x.owner().asInternalName() + "." + x.name().stringValue() + x.type().stringValue();
      case FieldInstruction x -> x.owner().asInternalName() + "." + x.name().stringValue();
      case BranchInstruction x -> "L" + number(labels, x.target());
      case ConstantInstruction x -> String.valueOf(x.constantValue());
      case LoadInstruction x -> String.valueOf(x.slot());
      case StoreInstruction x -> String.valueOf(x.slot());
      case IncrementInstruction x -> x.slot() + " " + x.constant();
      default -> "";
    };
  }

  private static int number(Map<Object, Integer> labels, Object label) {
    return labels.computeIfAbsent(label, l -> labels.size());
  }
}
