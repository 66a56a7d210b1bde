package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.kernel.Kernel;
import java.lang.constant.ClassDesc;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Optional;

/** From kernels to code: chooses a schedule, emits a class, loads it. */
public final class JvmEmitter {
  private static final String PACKAGE = JvmEmitter.class.getPackageName();

  private final Machine machine;
  private final List<Strategy> strategies;

  /**
   * @param strategies asked in order before falling back to loops
   */
  public JvmEmitter(Machine machine, List<Strategy> strategies) {
    this.machine = machine;
    this.strategies = List.copyOf(strategies);
  }

  public JvmEmitter(Machine machine) {
    this(machine, List.of());
  }

  /** The kernel's code, by the first strategy that wants it; part by part if it is split. */
  public CompiledKernel compile(Kernel kernel) {
    return compile(kernel, machine);
  }

  /** The launch of the kernel's code, with the memory that it works in. No code is made. */
  public Launch launch(Kernel kernel) {
    return launch(kernel, machine);
  }

  private Launch launch(Kernel kernel, Machine machine) {
    Optional<KernelSplitting.Split> split = split(kernel, machine);
    if (split.isPresent()) {
      return SplitKernelCode.launch(kernel, split.get(), k -> launch(k, machine.byThread()));
    }
    for (Strategy s : strategies) {
      Optional<JvmSchedule> schedule = s.propose(kernel, machine);
      if (schedule.isPresent()) {
        return s.launch(kernel, schedule.get(), machine);
      }
    }
    Kernel looped = LoopScheduler.looped(kernel, machine);
    JvmSchedule.Loops loops = LoopScheduler.choose(looped, machine);
    return new KernelClass(looped, loops, ClassDesc.of(PACKAGE, className(looped))).launch();
  }

  /** The kernels that a kernel is run as on a machine: itself, unless it is split. */
  public static List<Kernel> parts(Kernel kernel, Machine machine) {
    return split(kernel, machine)
        .map(split -> split.parts().stream().map(KernelPart::kernel).toList())
        .orElse(List.of(kernel));
  }

  private static Optional<KernelSplitting.Split> split(Kernel kernel, Machine machine) {
    return machine.lanes() == 1 ? Optional.empty() : KernelSplitting.of(kernel);
  }

  private CompiledKernel compile(Kernel kernel, Machine machine) {
    Optional<KernelSplitting.Split> split = split(kernel, machine);
    if (split.isPresent()) {
      return SplitKernelCode.compile(
          kernel, split.get(), k -> compile(k, machine.byThread()), machine.threads());
    }
    for (Strategy s : strategies) {
      Optional<JvmSchedule> schedule = s.propose(kernel, machine);
      if (schedule.isPresent()) {
        return s.compile(kernel, schedule.get(), machine);
      }
    }
    KernelImage image = emit(kernel, machine);
    return new CompiledKernel(image.schedule(), image.launch(), load(image));
  }

  /** A class for a kernel computed by the loops that suit a machine. */
  public static KernelImage emit(Kernel kernel, Machine machine) {
    Kernel looped = LoopScheduler.looped(kernel, machine);
    return emit(looped, LoopScheduler.choose(looped, machine));
  }

  /** A class for a kernel computed by loops. */
  public static KernelImage emit(Kernel kernel, JvmSchedule.Loops schedule) {
    return new KernelEmitter(kernel, schedule, ClassDesc.of(PACKAGE, className(kernel))).emit();
  }

  private static String className(Kernel kernel) {
    return "Kernel_" + kernel.name().replaceAll("[^A-Za-z0-9_]", "_");
  }

  /** Loads an emitted class, hidden: it goes when its code does. */
  public static KernelCode load(KernelImage image) {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      Class<?> c = lookup.defineHiddenClass(image.classFile(), true).lookupClass();
      return (KernelCode) c.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot load " + image.className(), e);
    }
  }
}
