package dev.lgc.compiler.emit.tornado;

import dev.lgc.compiler.emit.jvm.IndexFault;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanRunner;
import dev.lgc.compiler.plan.Slot;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import uk.ac.manchester.tornado.api.KernelContext;

/**
 * Runs a plan's emitted tasks as Java, by the rules of a device: work-groups, local memory,
 * barriers.
 */
public final class EmulatedDevice implements PlanRunner {
  private final ExecutionPlan plan;
  private final DeviceLimits limits;
  private final boolean backwards;
  private final DeviceLayout layout;
  private final DeviceMemory memory;
  private final Map<String, List<Loaded>> steps = new HashMap<>();

  /** A task ready to be run. */
  private record Loaded(DeviceTask task, MethodHandle apply, boolean barriers) {}

  /** Finds the classes it was given. */
  private static final class Loader extends ClassLoader {
    Loader() {
      super(EmulatedDevice.class.getClassLoader());
    }

    Class<?> define(DeviceTask t) {
      return defineClass(t.className(), t.classFile(), 0, t.classFile().length);
    }
  }

  /**
   * @param backwards whether groups and items run last to first: results must be the same bits
   */
  public EmulatedDevice(ExecutionPlan plan, DeviceLimits limits, boolean backwards) {
    this(plan, limits, backwards, k -> DeviceScheduler.choose(plan.kernels().get(k), limits));
  }

  /**
   * @param schedules each kernel's, by its number
   */
  public EmulatedDevice(
      ExecutionPlan plan,
      DeviceLimits limits,
      boolean backwards,
      IntFunction<DeviceSchedule> schedules) {
    this.plan = plan;
    this.limits = limits;
    this.backwards = backwards;
    layout = LayoutBuilder.layout(plan, limits, schedules);
    memory = new DeviceMemory(plan, layout);
  }

  @Override
  public void write(Slot slot, double[] values) {
    memory.write(slot, values);
  }

  @Override
  public double[] read(Slot slot) {
    return memory.read(slot);
  }

  /** The tasks of a step. */
  public List<DeviceTask> tasks(String step) {
    return loaded(step).stream().map(Loaded::task).toList();
  }

  @Override
  public void run(String step) {
    loaded(step).forEach(this::run);
    layout
        .outside(step, p -> (int) memory.get(p, 0))
        .ifPresent(
            o -> {
              throw new IndexFault(o.index(), o.extent());
            });
  }

  private List<Loaded> loaded(String step) {
    return steps.computeIfAbsent(
        step,
        s -> {
          Loader loader = new Loader();
          return TornadoEmitter.emit(plan, layout, s).stream().map(t -> load(t, loader)).toList();
        });
  }

  private static Loaded load(DeviceTask task, Loader loader) {
    TaskRules.check(task);
    try {
      Object instance = loader.define(task).getConstructor().newInstance();
      int arguments = task.arrays().size() + 1;
      MethodType type =
          MethodType.methodType(void.class, Collections.nCopies(arguments, Object.class));
      MethodHandle apply =
          MethodHandles.publicLookup()
              .findVirtual(instance.getClass(), "apply", type)
              .bindTo(instance)
              .asSpreader(Object[].class, arguments);
      return new Loaded(task, apply, hasBarriers(task));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot load " + task.className(), e);
    }
  }

  private static boolean hasBarriers(DeviceTask task) {
    ClassModel c = ClassFile.of().parse(task.classFile());
    for (MethodModel m : c.methods()) {
      if (m.code()
          .orElseThrow()
          .elementStream()
          .anyMatch(
              e ->
                  e instanceof InvokeInstruction i && i.name().stringValue().endsWith("Barrier"))) {
        return true;
      }
    }
    return false;
  }

  private void run(Loaded loaded) {
    DeviceTask t = loaded.task;
    List<Object> arrays = new ArrayList<>();
    t.arrays().forEach(n -> arrays.add(memory.array(n)));
    int groups = t.globalSize() / t.localSize();
    for (int g = 0; g < groups; g++) {
      int number = backwards ? groups - 1 - g : g;
      long local =
          EmulatedGroup.run(
              number, t.localSize(), loaded.barriers, backwards, c -> item(loaded, arrays, c));
      if (local > limits.localBytes()) {
        throw new IllegalStateException(t.name() + ": " + local + " bytes of local memory");
      }
    }
  }

  private static void item(Loaded loaded, List<Object> arrays, KernelContext context) {
    Object[] arguments = new Object[arrays.size() + 1];
    arguments[0] = context;
    for (int i = 0; i < arrays.size(); i++) {
      arguments[i + 1] = arrays.get(i);
    }
    try {
      loaded.apply.invokeExact(arguments);
    } catch (RuntimeException | Error e) {
      throw new IllegalStateException(loaded.task.name() + ": " + e, e);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
