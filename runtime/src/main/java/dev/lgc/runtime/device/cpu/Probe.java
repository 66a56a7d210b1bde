package dev.lgc.runtime.device.cpu;

import dev.lgc.runtime.tensor.NativeBlock;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How fast this processor is at the moment: with multiply-adds on registers and nothing else, and
 * with loads of memory that no cache holds and nothing else. What neighbours on the same host leave
 * of both changes from minute to minute, so whatever is to be compared with it is best run in turns
 * with it.
 *
 * <p>Threads share out the work of a round as those of a kernel do, small part by small part, and a
 * round lasts until all are done: what counts is what they do together.
 */
public final class Probe implements AutoCloseable {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final long BLOCK = 256L << 20;

  /** Bytes that a thread reads at once, and how often in a round. */
  private static final long PART = 1 << 20;

  private static final int READS = 64;

  /** Steps that a thread multiplies and adds at once, and how often in a round. */
  private static final int STEPS = 40_000;

  private static final int CHAINS = 32;

  /** Nanoseconds until a loop is compiled. */
  private static final long WARM = 300_000_000;

  private final int threads;
  private final ExecutorService pool;
  private final NativeBlock memory;

  /** Keeps results alive that nobody asks for. */
  private volatile float sink;

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
    operations(WARM);
    reads(WARM);
  }

  /** How many work together. */
  public int threads() {
    return threads;
  }

  /** The rates of this moment, in about {@code seconds}. */
  public Rates rates(double seconds) {
    long each = (long) (seconds / 2 * 1e9);
    return new Rates(operations(each), reads(each));
  }

  private double operations(long nanos) {
    double seconds = new Rounds(CHAINS, _ -> sink = chains(STEPS)).median(nanos);
    return 2.0 * 8 * SPECIES.length() * STEPS * CHAINS / seconds;
  }

  private double reads(long nanos) {
    long parts = BLOCK / PART;
    Rounds rounds =
        new Rounds(READS, n -> sink = sum(memory.segment().asSlice(n % parts * PART, PART)));
    return (double) PART * READS / rounds.median(nanos);
  }

  private interface Work {
    void part(long number);
  }

  /** Rounds of some parts of work each, which any thread may take. */
  private final class Rounds {
    private final int parts;
    private final Work work;
    private final AtomicLong next = new AtomicLong();
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile boolean last;

    Rounds(int parts, Work work) {
      this.parts = parts;
      this.work = work;
    }

    /** Seconds of a round in the middle of those that fit into some time. */
    double median(long nanos) {
      long end = System.nanoTime() + nanos;
      List<Future<List<Double>>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        boolean first = i == 0;
        all.add(pool.submit(() -> run(first, end)));
      }
      List<Double> seconds = List.of();
      for (Future<List<Double>> f : all.reversed()) {
        try {
          seconds = f.get();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        } catch (ExecutionException e) {
          throw new IllegalStateException(e);
        }
      }
      return Probe.median(seconds);
    }

    /** What one thread does; the first decides which round is the last. */
    private List<Double> run(boolean first, long end) {
      List<Double> seconds = new ArrayList<>();
      for (int round = 0; !last; round++) {
        together(2 * round);
        long begin = System.nanoTime();
        long until = (round + 1L) * parts;
        for (long n = take(until); n < until; n = take(until)) {
          work.part(n);
        }
        if (first && begin > end) {
          last = true;
        }
        together(2 * round + 1);
        seconds.add((System.nanoTime() - begin) * 1e-9);
      }
      return seconds;
    }

    /** The next part of a round; {@code until} if there is none left. */
    private long take(long until) {
      return next.getAndUpdate(n -> Math.min(n + 1, until));
    }

    /** Waits for all threads, for the {@code n}th time. */
    private void together(int n) {
      arrived.incrementAndGet();
      while (arrived.get() < (n + 1) * threads) {
        Thread.onSpinWait();
      }
    }
  }

  private static double median(List<Double> all) {
    List<Double> sorted = new ArrayList<>(all);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
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

  @Override
  public void close() {
    pool.close();
    memory.close();
  }
}
