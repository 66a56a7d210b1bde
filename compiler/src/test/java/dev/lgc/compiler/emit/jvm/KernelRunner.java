package dev.lgc.compiler.emit.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelInterpreter;
import dev.lgc.compiler.kernel.KernelVerifier;
import dev.lgc.compiler.plan.PlanArenas;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Runs kernels on off-heap memory and compares what they write with the oracle. */
final class KernelRunner {
  private KernelRunner() {}

  /**
   * Runs a kernel with some schedule, verified first; buffers are changed as the kernel writes
   * them.
   */
  static void run(Kernel kernel, JvmSchedule.Loops schedule, List<double[]> buffers, int parts) {
    KernelImage image = JvmEmitter.emit(kernel, schedule);
    List<VerifyError> errors = ClassFile.of().verify(image.classFile());
    if (!errors.isEmpty()) {
      fail(schedule + " of " + kernel + ": " + errors);
    }
    KernelCode code = JvmEmitter.load(image);
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> memory = new ArrayList<>();
      for (int i = 0; i < buffers.size(); i++) {
        Buffer b = kernel.buffers().get(i);
        assertEquals(b.elements(), buffers.get(i).length, "elements of buffer " + i);
        MemorySegment m = arena.allocate(b.elements() * b.dtype().bytes() + 128, 64);
        // Guards against writes outside: kept and checked.
        m.asSlice(0, 64).fill((byte) 0x5A);
        m.asSlice(m.byteSize() - 64, 64).fill((byte) 0x5A);
        memory.add(m);
        put(m.asSlice(64, m.byteSize() - 128), b.dtype(), buffers.get(i));
      }
      long[] addresses = memory.stream().mapToLong(m -> m.address() + 64).toArray();
      MemorySegment scratch = arena.allocate(image.launch().scratchBytes() + 64, 64);
      scratch.fill((byte) -1); // NaN: nothing may be read that was not written
      MemorySegment shared = arena.allocate(image.launch().sharedBytes() + 64, 64);
      for (int phase = 0; phase < image.launch().units().size(); phase++) {
        long units = image.launch().units().get(phase);
        for (int p = parts - 1; p >= 0; p--) {
          long from = units * p / parts;
          long to = units * (p + 1) / parts;
          if (from < to) {
            code.run(phase, addresses, shared.address(), scratch.address(), from, to);
          }
        }
      }
      for (int i = 0; i < buffers.size(); i++) {
        MemorySegment m = memory.get(i);
        for (int k = 0; k < 64; k++) {
          assertEquals(0x5A, m.get(ValueLayout.JAVA_BYTE, k), "before buffer " + i);
          assertEquals(
              0x5A, m.get(ValueLayout.JAVA_BYTE, m.byteSize() - 1 - k), "after buffer " + i);
        }
        get(m.asSlice(64, m.byteSize() - 128), kernel.buffers().get(i).dtype(), buffers.get(i));
      }
    }
  }

  /** How often a class calls methods of some name. */
  static long calls(KernelImage image, String name) {
    return ClassFile.of().parse(image.classFile()).methods().stream()
        .flatMap(m -> m.code().stream().flatMap(CodeModel::elementStream))
        .filter(e -> e instanceof InvokeInstruction i && i.name().equalsString(name))
        .count();
  }

  static void put(MemorySegment m, DType t, double[] values) {
    for (int i = 0; i < values.length; i++) {
      PlanArenas.set(m, t, i, values[i]);
    }
  }

  static void get(MemorySegment m, DType t, double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = PlanArenas.get(m, t, i);
    }
  }

  /** The kernel's meaning, in double precision. */
  private static void interpret(Kernel kernel, List<double[]> buffers) {
    List<KernelInterpreter.Memory> memory = new ArrayList<>();
    for (int i = 0; i < buffers.size(); i++) {
      double[] values = buffers.get(i);
      DType type = kernel.buffers().get(i).dtype();
      memory.add(
          new KernelInterpreter.Memory() {
            @Override
            public double get(int index) {
              return values[index];
            }

            @Override
            public void set(int index, double value) {
              values[index] = Rounding.to(type, value);
            }
          });
    }
    KernelInterpreter.run(kernel, memory, Precision.DOUBLE, false);
  }

  /**
   * All schedules worth testing: scalar, lanes along each axis of the space, lanes inside each
   * stage.
   */
  static List<JvmSchedule.Loops> schedules(Kernel kernel, int width) {
    List<JvmSchedule.Loops> all = new ArrayList<>();
    all.add(LoopScheduler.scalar(kernel));
    all.add(LoopScheduler.choose(kernel, new Machine(width, true, 1)));
    if (!LoopScheduler.hasLanes(kernel)) {
      return all.stream().distinct().toList();
    }
    for (var axis : kernel.space()) {
      for (int grain : new int[] {width, 4 * width}) {
        all.add(new JvmSchedule.Loops(new JvmSchedule.Lanes.Space(axis), width, grain));
      }
    }
    for (int pick = 0; pick < 3; pick++) {
      int n = pick;
      all.add(
          new JvmSchedule.Loops(
              new JvmSchedule.Lanes.Inner(
                  kernel.stages().stream()
                      .map(
                          s -> {
                            var axes = new ArrayList<>(s.axes());
                            axes.addAll(s.reduction());
                            return axes.isEmpty()
                                ? java.util.Optional.<dev.lgc.compiler.algorithm.Axis>empty()
                                : java.util.Optional.of(axes.get(n % axes.size()));
                          })
                      .toList()),
              width,
              1));
    }
    return all.stream().distinct().toList();
  }

  /**
   * Compares every schedule with the oracle, also of the kernel with short loops joined. Without a
   * reduction all schedules must give the same bits.
   */
  static void check(Kernel kernel, List<double[]> buffers, double tolerance) {
    List<double[]> expected = buffers.stream().map(double[]::clone).toList();
    interpret(kernel, expected);
    check(kernel, expected, buffers, tolerance);
    Kernel joined = LoopFlattening.flattened(kernel, 16);
    if (!joined.equals(kernel)) {
      assertEquals(List.of(), KernelVerifier.problems(joined));
      check(joined, expected, buffers, tolerance);
    }
  }

  private static void check(
      Kernel kernel, List<double[]> expected, List<double[]> buffers, double tolerance) {
    boolean elementwise = kernel.stages().stream().allMatch(x -> x.reducer() == Reducer.NONE);
    List<double[]> first = null;
    for (int width : new int[] {16, 8}) {
      for (JvmSchedule.Loops schedule : schedules(kernel, width)) {
        if (!elementwise) {
          first = null; // sums are taken in another order
        }
        for (int parts : new int[] {1, 2, 3}) {
          List<double[]> actual = buffers.stream().map(double[]::clone).toList();
          run(kernel, schedule, actual, parts);
          compare(kernel, schedule, expected, actual, tolerance);
          if (first != null) {
            compare(kernel, schedule, first, actual, 0);
          }
          first = actual;
        }
      }
    }
  }

  private static void compare(
      Kernel kernel,
      JvmSchedule schedule,
      List<double[]> expected,
      List<double[]> actual,
      double tolerance) {
    for (int i = 0; i < expected.size(); i++) {
      for (int k = 0; k < expected.get(i).length; k++) {
        double e = expected.get(i)[k];
        double a = actual.get(i)[k];
        boolean equal = Double.compare(e, a) == 0 || e == a;
        if (!equal && !(Math.abs(e - a) <= tolerance * Math.max(1, Math.abs(e)))) {
          fail(
              Text.format(
                  "buffer %d [%d]: expected %s, got %s\n%s\n%s", i, k, e, a, schedule, kernel));
        }
      }
    }
  }
}
