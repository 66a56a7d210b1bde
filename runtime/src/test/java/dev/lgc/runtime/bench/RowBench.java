package dev.lgc.runtime.bench;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.contraction.Contractions;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.dsl.type.DType;
import dev.lgc.runtime.tensor.NativeBlock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How fast one thread reads the weights of a decoding step by emitted kernels, of every type and
 * for some numbers of rows, as rows and in panels: from memory, and from the cache, which is what
 * computing alone allows. Calls last less than a time slice; the time that a twentieth of them stay
 * below counts, so that it can be told on a machine that does other work.
 */
public final class RowBench {
  private static final int DEPTH = 768;
  private static final int ROWS = 16;
  private static final int PANEL = 64;
  private static final int CALLS = 2000;

  /** More than caches hold. */
  private static final long LARGE = 256L << 20;

  private RowBench() {}

  public static void main(String[] args) {
    System.out.println(
        "GB/s of weights: type, rows; as rows, in panels: from memory, from the cache");
    for (DType type : List.of(DType.F32, DType.BF16, DType.I8)) {
      for (int rows : new int[] {1, 2, 8, ROWS}) {
        System.out.printf("%s %d", type.keyword(), rows);
        for (String formula : List.of("mk,nk->mn", "mk,pkn->mpn")) {
          double memory = rate(formula, type, rows, 2304, LARGE);
          double cache = rate(formula, type, rows, 128, 0);
          System.out.printf("  %.1f %.1f", memory, cache);
        }
        System.out.println();
      }
    }
  }

  private static double rate(String formula, DType type, int rows, int columns, long size) {
    boolean panels = formula.contains("p");
    Map<Character, Integer> extents =
        Map.of('m', rows, 'n', panels ? PANEL : columns, 'p', columns / PANEL, 'k', DEPTH);
    Kernel kernel = Contractions.einsum(formula, extents, type);
    Machine machine = Machine.host(1);
    TiledStrategy strategy = new TiledStrategy();
    CompiledKernel code =
        strategy.compile(kernel, strategy.propose(kernel, machine).orElseThrow(), machine);
    long bytes = (long) columns * DEPTH * type.bytes();
    int copies = (int) Math.max(1, size / bytes);
    try (NativeBlock weights = NativeBlock.allocate(copies * bytes);
        NativeBlock a = NativeBlock.allocate(4L * ROWS * DEPTH);
        NativeBlock c = NativeBlock.allocate(4L * ROWS * columns);
        NativeBlock scratch = NativeBlock.allocate(code.launch().scratchBytes())) {
      weights.segment().fill((byte) 0x3c);
      long[] buffers = {a.address(), 0, c.address()};
      long units = code.launch().units().getFirst();
      long[] times = new long[CALLS];
      for (int turn = 0; turn < 2; turn++) { // the first one is for the compiler
        for (int i = 0; i < CALLS; i++) {
          buffers[1] = weights.address() + i % copies * bytes;
          long start = System.nanoTime();
          code.code().run(0, buffers, 0, scratch.address(), 0, units);
          times[i] = System.nanoTime() - start;
        }
      }
      Arrays.sort(times);
      return (double) bytes / times[CALLS / 20];
    }
  }
}
