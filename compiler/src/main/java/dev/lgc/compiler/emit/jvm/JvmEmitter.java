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

  /** The kernel's code, by the first strategy that wants it; piece by piece if that has any. */
  public CompiledKernel compile(Kernel kernel) {
    return compile(kernel, machine);
  }

  /** The kernels that a kernel is run as on a machine: itself, unless it is cut into pieces. */
  public static List<Kernel> parts(Kernel kernel, Machine machine) {
    return pieces(kernel, machine)
        .map(cut -> cut.pieces().stream().map(Piece::kernel).toList())
        .orElse(List.of(kernel));
  }

  private static Optional<Pieces.Cut> pieces(Kernel kernel, Machine machine) {
    return machine.lanes() == 1 ? Optional.empty() : Pieces.of(kernel);
  }

  private CompiledKernel compile(Kernel kernel, Machine machine) {
    Optional<Pieces.Cut> pieces = pieces(kernel, machine);
    if (pieces.isPresent()) {
      return PieceCode.compile(
          kernel, pieces.get(), k -> compile(k, machine.byThread()), machine.threads());
    }
    for (Strategy s : strategies) {
      Optional<Schedule> schedule = s.propose(kernel, machine);
      if (schedule.isPresent()) {
        return s.compile(kernel, schedule.get(), machine);
      }
    }
    KernelImage image = emit(kernel, machine);
    return new CompiledKernel(image.schedule(), image.launch(), load(image));
  }

  /** A class for a kernel computed by the loops that suit a machine. */
  public static KernelImage emit(Kernel kernel, Machine machine) {
    Kernel looped = Scheduler.looped(kernel, machine);
    return emit(looped, Scheduler.choose(looped, machine));
  }

  /** A class for a kernel computed by loops. */
  public static KernelImage emit(Kernel kernel, Schedule.Loops schedule) {
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
