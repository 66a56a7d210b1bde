package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.runtime.tensor.NativeBlock;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A microbenchmark of this processor at the moment: with multiply-adds on registers and nothing
 * else, with loads of memory that no cache holds and nothing else, and with such memory that is
 * changed. What neighbours on the same host leave of both changes from minute to minute, so
 * whatever is to be compared with it is best run in turns with it.
 *
 * <p>Threads share out the work of a round as that of a kernel, and it lasts until all are done:
 * what counts is what they do together.
 */
public final class Probe implements AutoCloseable {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** Bytes of the memory that is read and changed: more than caches hold. */
  public static final long BLOCK = 256L << 20;

  /** Bytes that a thread reads or changes at once, and how often in a round. */
  private static final long PART = 1 << 20;

  private static final int PARTS = 64;

  /** Steps that a thread multiplies and adds at once, and how often in a round. */
  private static final int STEPS = 40_000;

  private static final int CHAINS = 32;

  /** Nanoseconds until a loop is compiled. */
  private static final long WARM = 300_000_000;

  private static final long[] NONE = {};

  private final WorkerPool pool;
  private final NativeBlock memory;

  /** Parts of all rounds before: the next one reads what follows. */
  private long begun;

  /** Keeps results alive that nobody asks for. */
  private volatile float sink;

  /**
   * The rates that all threads reached together.
   *
   * @param operations floating-point operations a second, of F32
   * @param bytes read a second
   * @param updated bytes read and written a second, of numbers that are changed in place
   */
  public record Rates(double operations, double bytes, double updated) {
    /** The middle of what was reached several times, of each on its own. */
    public static Rates median(List<Rates> all) {
      return new Rates(
          Probe.median(all.stream().map(Rates::operations).toList()),
          Probe.median(all.stream().map(Rates::bytes).toList()),
          Probe.median(all.stream().map(Rates::updated).toList()));
    }
  }

  /** Warms up, in a second. */
  public Probe(int threads) {
    pool = new WorkerPool(threads);
    memory = NativeBlock.allocate(BLOCK);
    memory.segment().fill((byte) 1);
    operations(WARM);
    reads(WARM);
    updates(WARM);
  }

  /** The number of threads that work together. */
  public int threads() {
    return pool.threads();
  }

  /** The rates of this moment, in about {@code seconds}. */
  public Rates rates(double seconds) {
    long each = (long) (seconds / 3 * 1e9);
    return new Rates(operations(each), reads(each), updates(each));
  }

  private double operations(long nanos) {
    double seconds = seconds(CHAINS, nanos, _ -> sink = chains(STEPS));
    return 2.0 * 8 * SPECIES.length() * STEPS * CHAINS / seconds;
  }

  private double reads(long nanos) {
    return (double) PART * PARTS / seconds(PARTS, nanos, n -> sink = sum(part(n)));
  }

  private double updates(long nanos) {
    return 2.0 * PART * PARTS / seconds(PARTS, nanos, n -> change(part(n)));
  }

  /** The memory of a part of a round. */
  private MemorySegment part(long n) {
    return memory.segment().asSlice((begun + n) % (BLOCK / PART) * PART, PART);
  }

  /** Seconds of a round in the middle of those that fit into some time, of so many parts each. */
  private double seconds(int parts, long nanos, LongConsumer part) {
    KernelCode round = (_, _, _, _, from, to) -> LongStream.range(from, to).forEach(part);
    List<Double> seconds = new ArrayList<>();
    long end = System.nanoTime() + nanos;
    pool.begin();
    try {
      do {
        long start = System.nanoTime();
        pool.run(round, 0, NONE, 0, parts);
        seconds.add((System.nanoTime() - start) * 1e-9);
        begun += parts;
      } while (System.nanoTime() < end);
    } finally {
      pool.end();
    }
    return median(seconds);
  }

  private static double median(List<Double> all) {
    return all.stream().sorted().toList().get(all.size() / 2);
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
    return a.add(b).add(c).add(d).lane(0);
  }

  private static void change(MemorySegment part) {
    ByteOrder order = ByteOrder.nativeOrder();
    int step = SPECIES.vectorByteSize();
    for (long i = 0; i + step <= part.byteSize(); i += step) {
      FloatVector.fromMemorySegment(SPECIES, part, i, order)
          .neg()
          .intoMemorySegment(part, i, order);
    }
  }

  @Override
  public void close() {
    pool.close();
    memory.close();
  }
}
