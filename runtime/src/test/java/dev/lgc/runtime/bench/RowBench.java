package dev.lgc.runtime.bench;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.product.Contractions;
import dev.lgc.dsl.type.DType;
import dev.lgc.runtime.device.cpu.Probe;
import dev.lgc.runtime.tensor.NativeBlock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * How fast threads read the weights of a decoding step by emitted kernels, of every type and for
 * some numbers of rows, as rows and in panels: from memory, as a share of what nothing but loads
 * reads in turns with it, and from the cache, which is what computing alone allows. Medians. The
 * argument is how many threads, each with memory of its own; one by default.
 */
public final class RowBench {
  private static final int DEPTH = 768;
  private static final int ROWS = 16;
  private static final int PANEL = 64;

  private static final int TURNS = 60;
  private static final int CALLS = 20;
  private static final double LOADS = 0.02;

  /** Calls until a kernel is compiled. */
  private static final int WARM = 2000;

  /** More than caches hold. */
  private static final long LARGE = 256L << 20;

  private RowBench() {}

  public static void main(String[] args) throws Exception {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
    System.out.println(
        "GB/s of weights: type, rows; as rows, in panels: from memory, of loads, from the cache");
    try (Probe probe = new Probe(threads);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (DType type : List.of(DType.F32, DType.BF16, DType.I8)) {
        for (int rows : new int[] {1, 2, 8, ROWS}) {
          System.out.printf(Locale.ROOT, "%s %2d", type.keyword(), rows);
          for (String formula : List.of("mk,nk->mn", "mk,pkn->mpn")) {
            List<Double> kernel = new ArrayList<>();
            List<Double> loads = new ArrayList<>();
            Runnable turn = () -> loads.add(probe.rates(LOADS).bytes() * 1e-9);
            rates(pool, threads, new MatrixProduct(formula, type, rows, 2304, LARGE), kernel, turn);
            double memory = median(kernel);
            double share = 100 * memory / median(loads);
            kernel.clear();
            rates(pool, threads, new MatrixProduct(formula, type, rows, 128, 0), kernel, () -> {});
            System.out.printf(
                Locale.ROOT, "   %6.1f %3.0f %% %6.1f", memory, share, median(kernel));
          }
          System.out.println();
        }
      }
    }
  }

  private static double median(List<Double> rates) {
    Collections.sort(rates);
    return rates.get(rates.size() / 2);
  }

  private static void rates(
      ExecutorService pool, int threads, MatrixProduct product, List<Double> rates, Runnable turn)
      throws Exception {
    List<Weights> all = IntStream.range(0, threads).mapToObj(i -> new Weights(product)).toList();
    all.getFirst().rate(WARM);
    for (int i = 0; i < TURNS; i++) {
      turn.run();
      List<Future<Double>> some = new ArrayList<>();
      for (Weights w : all) {
        some.add(pool.submit(() -> w.rate(CALLS)));
      }
      double sum = 0;
      for (Future<Double> f : some) {
        sum += f.get();
      }
      rates.add(sum);
    }
    all.forEach(Weights::close);
  }

  private record MatrixProduct(String formula, DType type, int rows, int columns, long size) {
    long bytes() {
      return (long) columns * DEPTH * type.bytes();
    }
  }

  /** Some copies of the weights of a product, and its kernel. */
  private static final class Weights implements AutoCloseable {
    private final CompiledKernel code;
    private final long bytes;
    private final int copies;
    private final NativeBlock weights;
    private final NativeBlock a;
    private final NativeBlock c;
    private final NativeBlock scratch;
    private int next;

    Weights(MatrixProduct p) {
      boolean panels = p.formula.contains("p");
      Map<Character, Integer> extents =
          Map.of('m', p.rows, 'n', panels ? PANEL : p.columns, 'p', p.columns / PANEL, 'k', DEPTH);
      Kernel kernel = Contractions.einsum(p.formula, extents, p.type);
      Machine machine = Machine.host(1);
      TiledStrategy strategy = new TiledStrategy();
      code = strategy.compile(kernel, strategy.propose(kernel, machine).orElseThrow(), machine);
      bytes = p.bytes();
      copies = (int) Math.max(1, p.size / bytes);
      weights = NativeBlock.allocate(copies * bytes);
      a = NativeBlock.allocate(4L * ROWS * DEPTH);
      c = NativeBlock.allocate(4L * ROWS * p.columns);
      scratch = NativeBlock.allocate(code.launch().scratchBytes());
      weights.segment().fill((byte) 0x3c);
    }

    /** GB of weights a second, in the middle of some calls, each of the next copy. */
    double rate(int calls) {
      List<Double> rates = new ArrayList<>();
      long[] buffers = {a.address(), 0, c.address()};
      long units = code.launch().units().getFirst();
      for (int i = 0; i < calls; i++) {
        buffers[1] = weights.address() + next * bytes;
        next = (next + 1) % copies;
        long start = System.nanoTime();
        code.code().run(0, buffers, 0, scratch.address(), 0, units);
        rates.add((double) bytes / (System.nanoTime() - start));
      }
      return median(rates);
    }

    @Override
    public void close() {
      List.of(weights, a, c, scratch).forEach(NativeBlock::close);
    }
  }
}
