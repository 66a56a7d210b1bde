package dev.lgc.compiler.emit.jvm.contraction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.kernel.Affine;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.product.Contractions;
import dev.lgc.compiler.kernel.product.Factor;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Contractions whose elements are counted in more than 32 bits: small ones, with the slowest axis
 * of each tensor spread over files that are nearly all holes.
 */
@Tag("backend")
final class WideContractionTest {
  @TempDir private Path dir;

  @Test
  void tilesReachTheirElements() throws IOException {
    for (String formula : new String[] {"mk,nk->mn", "km,kn->mn"}) {
      check(Contractions.einsum(formula, Map.of('m', 70, 'n', 70, 'k', 70)), (1L << 25) + 5);
    }
    check(Contractions.Convolution.square(80, 2, 5, 3, 3, 1, 1).forward(), (1L << 25) + 5);
    check(Contractions.Convolution.square(80, 2, 5, 3, 3, 1, 1).weightGradient(), (1L << 25) + 5);
  }

  @Test
  void rowsReachTheirElements() throws IOException {
    Kernel dots = Contractions.einsum("mk,nk->mn", Map.of('m', 8, 'n', 80, 'k', 64));
    assertInstanceOf(DotRows.class, rows(gemm(dots)));
    check(dots, gemm(dots), (1L << 25) + 5);
    assertTrue(RowSelection.of(spread(gemm(dots), 1L << 28)).isEmpty());
    Kernel scaled = Contractions.einsum("mk,kn->mn", Map.of('m', 8, 'n', 80, 'k', 80));
    assertInstanceOf(ScaledRows.class, rows(gemm(scaled)));
    check(scaled, gemm(scaled), (1L << 25) + 5);
  }

  @Test
  void whatIsTooFarApartWithinABlockIsNotForTiles() {
    ImplicitGemm p = gemm(Contractions.einsum("mk,nk->mn", Map.of('m', 80, 'n', 80, 'k', 80)));
    assertTrue(TiledContraction.isAddressable(p, blocking()));
    assertFalse(TiledContraction.isAddressable(spread(p, 1L << 28), blocking()));
    // A quotient is of the whole place, so that of the whole tensor is too far.
    ImplicitGemm gradient =
        ImplicitGemm.asWritten(
                Contractions.Convolution.square(80, 5, 32, 18, 4, 2, 1).imageGradient())
            .orElseThrow();
    assertTrue(TiledContraction.isAddressable(gradient, blocking()));
    assertFalse(TiledContraction.isAddressable(spread(gradient, 1L << 25), blocking()));
  }

  private static ImplicitGemm gemm(Kernel kernel) {
    return ImplicitGemm.of(kernel).orElseThrow();
  }

  private static RowContraction rows(ImplicitGemm p) {
    return RowSelection.of(p).orElseThrow();
  }

  private static Blocking blocking() {
    Tile tile = Tile.of(8);
    return new Blocking(tile, 12, tile.columns(), 12);
  }

  private void check(Kernel kernel, long stride) throws IOException {
    ImplicitGemm p = gemm(kernel);
    assertTrue(TiledContraction.isAddressable(spread(p, stride), blocking()));
    TiledContraction wide = new TiledContraction(spread(p, stride), blocking());
    check(kernel, p, stride, wide.launch(), wide);
  }

  private void check(Kernel kernel, ImplicitGemm p, long stride) throws IOException {
    RowContraction wide = rows(spread(p, stride));
    check(kernel, p, stride, wide.launch(), wide);
  }

  /** The same with other distances along the slowest axis of each tensor. */
  private static ImplicitGemm spread(ImplicitGemm p, long stride) {
    Map<Axis, Long> target = new HashMap<>(p.target().strides());
    target.put(slowest(target), stride);
    return new ImplicitGemm(
        p.axes(),
        spread(p.a(), stride),
        spread(p.b(), stride),
        p.c(),
        new Affine(p.target().constant(), target, p.target().rest()));
  }

  private static Factor spread(Factor f, long stride) {
    Map<Axis, Long> strides = new HashMap<>(f.strides());
    strides.put(slowest(strides), stride * f.divisor());
    return new Factor(f.buffer(), f.dtype(), f.constant(), strides, f.divisor(), f.windows());
  }

  private static Axis slowest(Map<Axis, Long> strides) {
    return strides.keySet().stream().max(Comparator.comparingLong(strides::get)).orElseThrow();
  }

  /** Elements of a buffer that have one position of its slowest axis. */
  private static long inner(ImplicitGemm p, int buffer) {
    if (buffer == p.c()) {
      return p.target().stride(slowest(p.target().strides()));
    }
    Factor f = p.a().buffer() == buffer ? p.a() : p.b();
    return f.stride(slowest(f.strides())) / f.divisor();
  }

  private void check(Kernel kernel, ImplicitGemm p, long stride, Launch launch, KernelCode code)
      throws IOException {
    int n = kernel.buffers().size();
    Random random = new Random(7);
    float[][] values = new float[n][];
    int wide = 0;
    long[] addresses = new long[n];
    MemorySegment[] memory = new MemorySegment[n];
    try (Arena arena = Arena.ofConfined()) {
      for (int i = 0; i < n; i++) {
        int elements = (int) kernel.buffers().get(i).elements();
        long inner = inner(p, i);
        values[i] = new float[elements];
        long bytes = 4 * (Math.ceilDiv(elements, inner) * stride + 64);
        wide += bytes / 4 > Integer.MAX_VALUE ? 1 : 0;
        try (FileChannel file =
            FileChannel.open(
                dir.resolve("buffer" + i),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.SPARSE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
          memory[i] = file.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
        }
        addresses[i] = memory[i].address();
        for (int e = 0; e < elements && i != p.c(); e++) {
          values[i][e] = random.nextFloat() - 0.5f;
          memory[i].setAtIndex(ValueLayout.JAVA_FLOAT, at(e, inner, stride), values[i][e]);
        }
      }
      assertTrue(wide >= 1);
      MemorySegment scratch = arena.allocate(launch.scratchBytes() + 64, 64);
      code.run(0, addresses, 0, scratch.address(), 0, launch.units().getFirst());
      double[] expected = Oracle.evaluate(kernel, values);
      long inner = inner(p, p.c());
      for (int e = 0; e < expected.length; e++) {
        float got = memory[p.c()].getAtIndex(ValueLayout.JAVA_FLOAT, at(e, inner, stride));
        assertEquals(expected[e], got, 1e-4, "element " + e);
      }
    }
  }

  private static long at(long element, long inner, long stride) {
    return element / inner * stride + element % inner;
  }
}
