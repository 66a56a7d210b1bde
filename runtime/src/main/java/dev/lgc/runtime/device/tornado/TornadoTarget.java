package dev.lgc.runtime.device.tornado;

import dev.lgc.compiler.emit.ClassText;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.emit.tornado.LayoutBuilder;
import dev.lgc.compiler.emit.tornado.TornadoEmitter;
import dev.lgc.compiler.emit.tornado.UnsupportedException;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.tune.Tuning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** TornadoVM: GPUs, in a JVM that was started with its flags. */
public final class TornadoTarget implements Target {
  private static final String ABSENT = Sdk.VARIABLE + " names no TornadoVM, which ";

  @Override
  public String name() {
    return "tornado";
  }

  @Override
  public String device() {
    return "tornado";
  }

  @Override
  public String deviceHelp() {
    return "tornado or tornado:N, a device of TornadoVM that `lgc devices` lists";
  }

  @Override
  public String kernelsHelp() {
    return "For tornado, the OpenCL C or PTX that TornadoVM makes, or bytecode without TornadoVM";
  }

  @Override
  public boolean isInstalled() {
    return Sdk.isNamed(System.getenv());
  }

  @Override
  public boolean isReady() {
    return TornadoDevice.isPossible();
  }

  @Override
  public String absence() {
    return ABSENT + "computes on GPUs";
  }

  @Override
  public List<String> jvmFlags() {
    return Sdk.find(System.getenv()).flags();
  }

  @Override
  public boolean isTunable() {
    return true;
  }

  @Override
  public List<DeviceInfo> devices(Settings settings) {
    return all(settings).stream().map(TornadoTarget::found).toList();
  }

  /** The devices that TornadoVM finds, as tuned by this user. */
  private static List<TornadoDevice> all(Settings settings) {
    return TornadoDevice.all(key -> Tuning.read(Tuning.userFolder(), key, settings.warn()));
  }

  private static DeviceInfo found(TornadoDevice d) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("backend", d.backend());
    facts.put("gpu", d.isGpu());
    facts.put("memory_bytes", d.memoryBytes());
    return new DeviceInfo(d.name(), d.isGpu(), facts, () -> d);
  }

  /** {@inheritDoc} For any device. */
  @Override
  public Map<String, byte[]> emit(ExecutionPlan plan, int number) {
    Map<String, byte[]> code = new LinkedHashMap<>();
    try {
      DeviceLayout layout = LayoutBuilder.layout(plan, DeviceLimits.PORTABLE);
      for (String step : plan.steps().keySet()) {
        for (DeviceTask t : TornadoEmitter.emit(plan, layout, step)) {
          code.put(t.name() + ".class", t.classFile());
        }
      }
    } catch (UnsupportedException e) {
      throw new BadInputException(
          "no kernels for tornado: " + e.getMessage(), "", "compile with --target jvm", e);
    }
    return code;
  }

  @Override
  public String print(
      List<ExecutionPlan> plans, Predicate<String> step, Settings settings, Consumer<String> note) {
    List<TornadoDevice> devices = new ArrayList<>();
    if (isReady()) {
      devices.add(all(settings).getFirst());
    } else {
      note.accept(ABSENT + "makes OpenCL C or PTX of this bytecode:");
    }
    StringBuilder s = new StringBuilder();
    for (ExecutionPlan p : plans) {
      List<String> steps = p.steps().keySet().stream().filter(step).toList();
      if (devices.isEmpty()) {
        s.append(bytecode(p, steps));
      }
      devices.forEach(d -> steps.forEach(name -> s.append(d.kernels(p, name))));
    }
    return s.toString();
  }

  /** The kernels of some steps, as scheduled for any device. */
  private static String bytecode(ExecutionPlan plan, List<String> steps) {
    DeviceLayout layout = LayoutBuilder.layout(plan, DeviceLimits.PORTABLE);
    StringBuilder s = new StringBuilder();
    for (String step : steps) {
      for (DeviceTask t : TornadoEmitter.emit(plan, layout, step)) {
        s.append(Text.format("%s: %d work-items%n", t.name(), t.globalSize()));
        s.append(ClassText.of(t.classFile())).append('\n');
      }
    }
    return s.toString();
  }
}
