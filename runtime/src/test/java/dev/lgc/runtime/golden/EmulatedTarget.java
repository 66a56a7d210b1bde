package dev.lgc.runtime.golden;

import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.EmulatedDevice;
import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tasks emitted for TornadoVM, on an emulated device. */
final class EmulatedTarget implements GoldenTarget {
  @Override
  public Running open(Derived derived) {
    return new Emulated(Compiler.plan(derived));
  }

  @Override
  public String toString() {
    return "emulated tornado";
  }

  private static final class Emulated implements Running {
    private final ExecutionPlan plan;
    private final EmulatedDevice device;
    private final Map<String, StoredTensor> storage = new LinkedHashMap<>();

    Emulated(ExecutionPlan plan) {
      this.plan = plan;
      device = new EmulatedDevice(plan, DeviceLimits.PORTABLE, false);
      for (StoredTensor t : plan.storage()) {
        storage.put(t.name(), t);
        device.write(t.slot(), new double[(int) t.slot().type().shape().elements()]);
      }
    }

    @Override
    public List<StoredId> storage() {
      return plan.storage().stream().map(StoredTensor::id).toList();
    }

    @Override
    public void store(String key, double[] value) {
      device.write(tensor(key).slot(), value);
    }

    @Override
    public double[] stored(String key) {
      return device.read(tensor(key).slot());
    }

    private StoredTensor tensor(String key) {
      StoredTensor t = storage.get(key);
      if (t == null) {
        throw new IllegalArgumentException("no stored tensor " + key);
      }
      return t;
    }

    @Override
    public Map<String, double[]> run(String name, Map<String, double[]> inputs) {
      Step step = plan.steps().get(name);
      step.inputs().forEach((input, slot) -> device.write(slot, inputs.get(input)));
      device.run(name);
      Map<String, double[]> outputs = new LinkedHashMap<>();
      step.outputs().forEach((output, slot) -> outputs.put(output, device.read(slot)));
      return outputs;
    }

    @Override
    public void close() {}
  }
}
