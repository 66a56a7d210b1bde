package dev.lgc.runtime.golden;

import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.device.cpu.dnnl.DnnlLibrary;
import dev.lgc.runtime.device.cpu.dnnl.DnnlStrategy;
import dev.lgc.runtime.device.tornado.TornadoDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.tune.Tuning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Emitted kernels, run by a session on a device. */
final class SessionTarget implements GoldenTarget {
  private final String name;
  private final Supplier<Device> devices;

  private SessionTarget(String name, Supplier<Device> devices) {
    this.name = name;
    this.devices = devices;
  }

  /** The processor, and what TornadoVM offers where tests can use it. */
  static List<GoldenTarget> all() {
    List<GoldenTarget> all = new ArrayList<>();
    all.add(new SessionTarget("jvm", () -> new CpuDevice(2)));
    if (TornadoDevice.isPossible()) {
      all.add(new SessionTarget("tornado", () -> TornadoDevice.all(Tuning::none).getFirst()));
    }
    return all;
  }

  /** The processor, with the library's products of BF16, fast or not; none without the library. */
  static List<GoldenTarget> libraryBf16() {
    return DnnlLibrary.isAvailable()
        ? List.of(
            new SessionTarget(
                "oneDNN's bf16",
                () -> new CpuDevice(Machine.host(2), CpuDevice.strategies(new DnnlStrategy(true)))))
        : List.of();
  }

  @Override
  public Running open(Derived derived) {
    Device device = devices.get();
    try {
      return new Opened(device, Session.open(Compiler.plan(derived), device));
    } catch (RuntimeException | Error e) {
      device.close();
      throw e;
    }
  }

  @Override
  public String toString() {
    return name;
  }

  private record Opened(Device device, Session session) implements Running {
    @Override
    public List<StoredId> storage() {
      return session.plan().storage().stream().map(StoredTensor::id).toList();
    }

    @Override
    public void store(String key, double[] value) {
      session.editStorageTensor(key).fill(value);
    }

    @Override
    public double[] stored(String key) {
      return session.storageTensor(key).toArray();
    }

    @Override
    public Map<String, double[]> run(String step, Map<String, double[]> inputs) {
      for (String name : session.plan().steps().get(step).inputs().keySet()) {
        session.inputTensor(step, name).fill(inputs.get(name));
      }
      session.run(step);
      Map<String, double[]> outputs = new LinkedHashMap<>();
      for (String name : session.plan().steps().get(step).outputs().keySet()) {
        outputs.put(name, session.outputTensor(step, name).toArray());
      }
      return outputs;
    }

    @Override
    public void close() {
      session.close();
      device.close();
    }
  }
}
