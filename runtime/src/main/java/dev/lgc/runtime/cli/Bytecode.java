package dev.lgc.runtime.cli;

import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.KernelImage;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.emit.tornado.TornadoEmitter;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The class files that are emitted for kernels, as text in the manner of {@code javap -c}. */
final class Bytecode {
  private Bytecode() {}

  /** All kernels of a plan, as scheduled for this machine. */
  static String of(ExecutionPlan plan) {
    Machine machine = Machine.host(1);
    StringBuilder s = new StringBuilder();
    for (int i = 0; i < plan.kernels().size(); i++) {
      for (Kernel k : JvmEmitter.parts(plan.kernels().get(i), machine)) {
        KernelImage image = JvmEmitter.emit(k, machine);
        s.append(Text.format("#%d %s%n%s%n", i, image.schedule(), print(image.classFile())));
      }
    }
    return s.toString();
  }

  /** The kernels of some steps for TornadoVM, as scheduled for any device. */
  static String tornado(ExecutionPlan plan, List<String> steps) {
    DeviceLayout layout = DeviceLayout.of(plan, DeviceLimits.PORTABLE);
    StringBuilder s = new StringBuilder();
    for (String step : steps) {
      for (DeviceTask t : TornadoEmitter.emit(plan, layout, step)) {
        s.append(Text.format("%s: %d work-items%n", t.name(), t.globalSize()));
        s.append(print(t.classFile())).append('\n');
      }
    }
    return s.toString();
  }

  private static String print(byte[] classFile) {
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
