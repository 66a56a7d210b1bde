package dev.lgc.runtime.golden;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Kernels emitted as bytecode, run by a session on the processor. */
final class SessionTarget implements GoldenTarget {
  @Override
  public Running open(Derived derived) {
    Device device = new CpuDevice(2);
    try {
      return new Opened(device, Session.open(Compiler.plan(derived), device));
    } catch (RuntimeException | Error e) {
      device.close();
      throw e;
    }
  }

  @Override
  public String toString() {
    return "jvm";
  }

  private record Opened(Device device, Session session) implements Running {
    @Override
    public List<String> keys() {
      return session.plan().storage().stream().map(StoredTensor::key).toList();
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
