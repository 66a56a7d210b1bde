package dev.lgc.runtime.device.cpu;

import dev.lgc.runtime.tensor.NativeBlock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast this processor is at the moment: with multiply-adds on registers and nothing else, and
 * with loads of memory that no cache holds and nothing else. What neighbours on the same host leave
 * of both changes from minute to minute, so whatever is to be compared with it is best run in turns
 * with it.
 */
public final class Probe implements AutoCloseable {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final long BLOCK = 256L << 20;
  private static final long LITTLE = 1 << 16;

  /** Nanoseconds until a loop is compiled. */
  private static final long WARM = 300_000_000;

  private final int threads;
  private final ExecutorService pool;
  private final NativeBlock memory;

  /**
   * What all threads together reached.
   *
   * @param operations floating-point operations a second, of F32
   * @param bytes read a second
   */
  public record Rates(double operations, double bytes) {
    /** The middle of what was reached several times, of each on its own. */
    public static Rates median(List<Rates> all) {
      return new Rates(
          Probe.median(all.stream().map(Rates::operations).toList()),
          Probe.median(all.stream().map(Rates::bytes).toList()));
    }
  }

  /** Warms up, in a second. */
  public Probe(int threads) {
    this.threads = threads;
    pool = Executors.newFixedThreadPool(threads);
    memory = NativeBlock.allocate(BLOCK);
    memory.segment().fill((byte) 1);
    together(i -> () -> multiplyAdds(), WARM);
    together(i -> () -> pass(part(i).asSlice(0, LITTLE)), WARM); // longer passes would not be
    together(i -> () -> pass(part(i)), WARM); // compiled before they end
  }

  /** How many work together. */
  public int threads() {
    return threads;
  }

  /** The rates of this moment, in about {@code seconds}. */
  public Rates rates(double seconds) {
    long each = (long) (seconds / 2 * 1e9);
    return new Rates(
        together(i -> () -> multiplyAdds(), each), together(i -> () -> pass(part(i)), each));
  }

  private MemorySegment part(int thread) {
    long part = BLOCK / threads / 4096 * 4096;
    return memory.segment().asSlice(thread * part, part);
  }

  /** The sum of what the threads reach in the middle of their rounds. */
  private double together(IntFunction<DoubleSupplier> round, long nanos) {
    List<Future<Double>> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      DoubleSupplier one = round.apply(i);
      all.add(pool.submit(() -> rounds(one, nanos)));
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

  private static double rounds(DoubleSupplier one, long nanos) {
    List<Double> rates = new ArrayList<>();
    long end = System.nanoTime() + nanos;
    do {
      rates.add(one.getAsDouble());
    } while (System.nanoTime() < end);
    return median(rates);
  }

  private static double median(List<Double> all) {
    List<Double> sorted = new ArrayList<>(all);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }

  private static double multiplyAdds() {
    int steps = 4000;
    long begin = System.nanoTime();
    float sink = chains(steps);
    double took = (System.nanoTime() - begin) * 1e-9;
    return sink != 0.12345f ? 2.0 * 8 * SPECIES.length() * steps / took : 0;
  }

  private static float chains(int steps) {
    FloatVector x = FloatVector.broadcast(SPECIES, 0.999f);
    FloatVector a = x;
    FloatVector b = x;
    FloatVector c = x;
    FloatVector d = x;
    FloatVector e = x;
    FloatVector f = x;
    FloatVector g = x;
    FloatVector h = x;
    for (int i = 0; i < steps; i++) {
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

  private static double pass(MemorySegment part) {
    long begin = System.nanoTime();
    float sink = sum(part);
    double took = (System.nanoTime() - begin) * 1e-9;
    return sink != 0.12345f ? part.byteSize() / took : 0;
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

  @Override
  public void close() {
    pool.close();
    memory.close();
  }
}
