package dev.lgc.runtime.cli;

import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.cost.Reach;
import dev.lgc.compiler.plan.Step;
import dev.lgc.runtime.device.cpu.dnnl.DnnlLibrary;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.tensor.NativeBlock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleSupplier;
import java.util.function.IntToDoubleFunction;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast this machine is at best: taken to be what such machines are, or measured in a second or
 * two with multiply-adds on registers, and by reading memory that no cache holds.
 */
final class MachineLimits {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final long BLOCK = 256L << 20;
  private static final double LAUNCH = 5e-6;
  private static final long LITTLE = 1 << 16;

  /** Nanoseconds that rounds of a measurement are repeated for. */
  private static final long ROUNDS = 700_000_000;

  private MachineLimits() {}

  /**
   * Limits.
   *
   * @param how they were found
   * @param reach what lgc reaches of them, where they are those of a processor like this one
   */
  record Found(Limits limits, String how, Optional<Reach> reach) {
    /** Seconds to expect of a step, where something is known of that. */
    OptionalDouble expected(PlanCost costs, Step step) {
      return reach.stream().mapToDouble(r -> costs.seconds(step, limits, r)).findFirst();
    }
  }

  /** Those that a user gives as {@code GFLOPS,GBPS} or {@code measured}; assumed if null. */
  static Found of(String given, int threads) {
    if (given == null) {
      return assumed(threads);
    }
    if (given.equals("measured")) {
      String how = "measured with %d threads".formatted(threads);
      return new Found(measure(threads), how, Optional.of(Reach.JVM));
    }
    try {
      String[] parts = given.split(",", -1);
      double flops = Double.parseDouble(parts[0].strip()) * 1e9;
      double bytes = Double.parseDouble(parts[1].strip()) * 1e9;
      return new Found(new Limits(flops, bytes, LAUNCH), "as given", Optional.empty());
    } catch (RuntimeException e) {
      throw new BadInputException(
          "limits " + given, "`measured`, or GFLOP/s,GB/s such as 67000,4800", "", e);
    }
  }

  /** One multiply-add of a whole vector a cycle at 3.3 GHz; memory that two threads exhaust. */
  static Found assumed(int threads) {
    double flops = 2.0 * SPECIES.length() * 3.3e9 * threads;
    Limits limits = new Limits(flops, Math.min(22e9 * threads, 45e9), LAUNCH);
    return new Found(limits, "assumed for %d threads".formatted(threads), Optional.of(Reach.JVM));
  }

  /** Measures {@code threads} threads together. */
  static Limits measure(int threads) {
    try (ExecutorService pool = Executors.newFixedThreadPool(threads);
        NativeBlock memory = NativeBlock.allocate(BLOCK)) {
      MemorySegment all = memory.segment().fill((byte) 1);
      double flops = together(pool, threads, i -> multiplyAdds());
      long part = BLOCK / threads / 4096 * 4096;
      double bytes = together(pool, threads, i -> reads(all.asSlice(i * part, part)));
      return new Limits(flops, bf16() * flops, bytes, LAUNCH);
    }
  }

  /**
   * Multiplications of BF16 in the time of one of F32: those of AVX512_BF16 take two neighbours
   * each. (AMX is faster still, and may be seen above this limit.)
   */
  private static int bf16() {
    return DnnlLibrary.multipliesBf16() ? 2 : 1;
  }

  private static double together(ExecutorService pool, int threads, IntToDoubleFunction one) {
    List<Future<Double>> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int number = i;
      all.add(pool.submit(() -> one.applyAsDouble(number)));
    }
    double sum = 0;
    for (Future<Double> f : all) {
      try {
        sum += f.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
    return sum;
  }

  /** Operations a second; the best of many short rounds, once the loop is compiled. */
  private static double multiplyAdds() {
    int rounds = 4000;
    return best(
        () -> {
          long begin = System.nanoTime();
          float sink = chains(rounds);
          double took = (System.nanoTime() - begin) * 1e-9;
          return sink != 0.12345f ? 2.0 * 8 * SPECIES.length() * rounds / took : 0;
        });
  }

  private static float chains(int rounds) {
    FloatVector x = FloatVector.broadcast(SPECIES, 0.999f);
    FloatVector a = x;
    FloatVector b = x;
    FloatVector c = x;
    FloatVector d = x;
    FloatVector e = x;
    FloatVector f = x;
    FloatVector g = x;
    FloatVector h = x;
    for (int i = 0; i < rounds; i++) {
      a = a.fma(x, x);
      b = b.fma(x, x);
      c = c.fma(x, x);
      d = d.fma(x, x);
      e = e.fma(x, x);
      f = f.fma(x, x);
      g = g.fma(x, x);
      h = h.fma(x, x);
    }
    return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).lane(0);
  }

  /** Bytes a second; the best of a few passes, once the loop is compiled. */
  private static double reads(MemorySegment part) {
    MemorySegment little = part.asSlice(0, Math.min(part.byteSize(), LITTLE));
    best(() -> pass(little)); // a pass over all of it would be too long for a loop not compiled yet
    return best(() -> pass(part));
  }

  private static double pass(MemorySegment part) {
    long begin = System.nanoTime();
    float sink = sum(part);
    double took = (System.nanoTime() - begin) * 1e-9;
    return sink != 0.12345f ? part.byteSize() / took : 0;
  }

  private static double best(DoubleSupplier round) {
    double best = 0;
    for (long end = System.nanoTime() + ROUNDS; System.nanoTime() < end; ) {
      best = Math.max(best, round.getAsDouble());
    }
    return best;
  }

  private static float sum(MemorySegment part) {
    ByteOrder order = ByteOrder.nativeOrder();
    int step = SPECIES.vectorByteSize();
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (long i = 0; i + 4L * step <= part.byteSize(); i += 4L * step) {
      a = a.add(FloatVector.fromMemorySegment(SPECIES, part, i, order));
      b = b.add(FloatVector.fromMemorySegment(SPECIES, part, i + step, order));
      c = c.add(FloatVector.fromMemorySegment(SPECIES, part, i + 2L * step, order));
      d = d.add(FloatVector.fromMemorySegment(SPECIES, part, i + 3L * step, order));
    }
    return a.add(b).add(c).add(d).lane(0) + part.get(ValueLayout.JAVA_BYTE, 0);
  }
}
