package dev.lgc.runtime.dist;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.lgc.compiler.op.AllReduce;
import dev.lgc.compiler.op.RankGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Sums over ranks beside {@code MPI_Allreduce} of Open MPI, in turns: medians, and the ratio of
 * lgc's time to that of Open MPI. The arguments are the number of ranks, 2 by default, and of
 * turns, 30. It starts its ranks itself.
 */
public final class AllReduceBench {
  private static final int[] SIZES = {1 << 10, 64 << 10, 1 << 20, 64 << 20};
  private static final int WARM = 10;

  private AllReduceBench() {}

  public static void main(String[] args) throws Exception {
    if (Launch.ofThisProcess().isEmpty()) {
      List<String> program = new ArrayList<>();
      program.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      program.addAll(
          List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
      program.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path")));
      program.add(AllReduceBench.class.getName());
      program.addAll(List.of(args));
      int ranks = args.length > 0 ? Integer.parseInt(args[0]) : 2;
      List<String> command = MpiCommand.of(ranks, program);
      System.exit(new ProcessBuilder(command).inheritIO().start().waitFor());
    }
    int turns = args.length > 1 ? Integer.parseInt(args[1]) : 30;
    try (MpiRanks ranks = MpiRanks.open()) {
      print(ranks, "bytes; ms of lgc, of " + ranks.library() + "; ratio");
      for (int bytes : SIZES) {
        compare(ranks, bytes, turns);
      }
    }
  }

  private static void compare(MpiRanks ranks, int bytes, int turns) throws Exception {
    SymbolLookup symbols = MpiFiles.open();
    MethodHandle allreduce =
        Linker.nativeLinker()
            .downcallHandle(
                symbols.findOrThrow("MPI_Allreduce"),
                FunctionDescriptor.of(
                    JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
    MemorySegment type = symbols.findOrThrow("ompi_mpi_float");
    MemorySegment sum = symbols.findOrThrow("ompi_mpi_op_sum");
    MemorySegment world = symbols.findOrThrow("ompi_mpi_comm_world");
    AllReduce op = new AllReduce(RankGroup.all(ranks.size()));
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    int calls = Math.max(1, (1 << 20) / bytes);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment from = arena.allocate(bytes, 64);
      MemorySegment to = arena.allocate(bytes, 64);
      for (int turn = -WARM; turn < turns; turn++) {
        ranks.gather(new byte[0]);
        long start = System.nanoTime();
        for (int c = 0; c < calls; c++) {
          ranks.start(op, List.of(from), List.of(to)).await();
        }
        double mine = 1e-6 * (System.nanoTime() - start) / calls;
        ranks.gather(new byte[0]);
        start = System.nanoTime();
        for (int c = 0; c < calls; c++) {
          // The thread of MPI rests now, and threads may take turns.
          int status = call(allreduce, from, to, bytes / 4, type, sum, world);
          if (status != 0) {
            throw new IllegalStateException("status " + status);
          }
        }
        double other = 1e-6 * (System.nanoTime() - start) / calls;
        if (turn >= 0) {
          ours.add(mine);
          theirs.add(other);
        }
      }
    }
    double a = median(ours);
    double b = median(theirs);
    print(ranks, String.format(Locale.ROOT, "%8d %10.4f %10.4f %6.2f", bytes, a, b, a / b));
  }

  private static int call(
      MethodHandle allreduce,
      MemorySegment from,
      MemorySegment to,
      int count,
      MemorySegment type,
      MemorySegment sum,
      MemorySegment world) {
    try {
      return (int) allreduce.invokeExact(from, to, count, type, sum, world);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static double median(List<Double> times) {
    Collections.sort(times);
    return times.get(times.size() / 2);
  }

  private static void print(MpiRanks ranks, String line) {
    if (ranks.rank() == 0) {
      System.out.println(line);
    }
  }
}
