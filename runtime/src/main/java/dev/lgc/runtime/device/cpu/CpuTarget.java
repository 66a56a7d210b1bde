package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.ClassText;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.KernelImage;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.cpu.dnnl.DnnlLibrary;
import dev.lgc.runtime.exec.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The JVM on the CPU, which runs everywhere. */
public final class CpuTarget implements Target {
  @Override
  public String name() {
    return "jvm";
  }

  @Override
  public String device() {
    return "cpu";
  }

  @Override
  public boolean isNumbered() {
    return false;
  }

  @Override
  public String deviceHelp() {
    return "cpu, the default";
  }

  @Override
  public boolean readsPackedWeights() {
    return CpuDevice.READS_PACKED_WEIGHTS;
  }

  @Override
  public boolean multipliesBf16() {
    return DnnlLibrary.isPresentForBf16();
  }

  @Override
  public List<DeviceInfo> devices(Settings settings) {
    return List.of(
        new DeviceInfo(
            CpuDevice.name(Machine.host(settings.threads())),
            false,
            Map.of(),
            () -> new CpuDevice(settings.threads(), settings.ranks())));
  }

  /** {@inheritDoc} For this machine. */
  @Override
  public Map<String, byte[]> emit(ExecutionPlan plan, int number) {
    Machine machine = Machine.host(1);
    Map<String, byte[]> code = new LinkedHashMap<>();
    for (int i = 0; i < plan.kernels().size(); i++) {
      for (Kernel k : JvmEmitter.parts(plan.kernels().get(i), machine)) {
        String name = k.name().replaceAll("[^A-Za-z0-9_]", "_");
        code.put(
            Text.format("%04d-%s.class", number + i, name),
            JvmEmitter.emit(k, machine).classFile());
      }
    }
    return code;
  }

  @Override
  public String print(
      List<ExecutionPlan> plans, Predicate<String> step, Settings settings, Consumer<String> note) {
    return plans.stream().map(p -> bytecode(p, step)).collect(Collectors.joining());
  }

  /** The bytecode of the kernels of some steps, as scheduled for this machine. */
  public static String bytecode(ExecutionPlan plan, Predicate<String> step) {
    Machine machine = Machine.host(1);
    Set<Integer> wanted =
        plan.steps().keySet().stream()
            .filter(step)
            .flatMap(name -> plan.step(name).kernelCalls().stream())
            .map(c -> c.kernel())
            .collect(Collectors.toSet());
    StringBuilder s = new StringBuilder();
    for (int i = 0; i < plan.kernels().size(); i++) {
      if (wanted.contains(i)) {
        for (Kernel k : JvmEmitter.parts(plan.kernels().get(i), machine)) {
          KernelImage image = JvmEmitter.emit(k, machine);
          s.append(
              Text.format("#%d %s%n%s%n", i, image.schedule(), ClassText.of(image.classFile())));
        }
      }
    }
    return s.toString();
  }
}
