package dev.lgc.compiler.emit.jvm.contraction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.product.Contractions;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import dev.lgc.compiler.kernel.product.WidenedKernel;
import dev.lgc.dsl.type.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("backend")
class TiledContractionTest {
  static final List<String> FORMULAS =
      List.of("mk,nk->mn", "mk,kn->mn", "km,kn->mn", "km,nk->mn", "nk,mk->mn", "mk,nk->nm");
  static final List<int[]> SIZES =
      List.of(
          new int[] {1, 1, 1},
          new int[] {3, 17, 5},
          new int[] {15, 33, 16},
          new int[] {33, 15, 17},
          new int[] {6, 64, 300},
          new int[] {7, 65, 513},
          new int[] {100, 130, 260});

  static Stream<Kernel> matmuls() {
    return FORMULAS.stream()
        .flatMap(
            f ->
                SIZES.stream()
                    .map(s -> Contractions.einsum(f, Map.of('m', s[0], 'n', s[1], 'k', s[2]))));
  }

  static final List<Kernel> batched =
      List.of(
          Contractions.einsum("bhmk,bhnk->bhmn", Map.of('b', 2, 'h', 3, 'm', 9, 'n', 20, 'k', 7)),
          Contractions.einsum("bmhk,bnhk->bhmn", Map.of('b', 2, 'h', 3, 'm', 9, 'n', 20, 'k', 7)),
          Contractions.einsum("bhmk,bkhn->bmhn", Map.of('b', 2, 'h', 3, 'm', 9, 'n', 33, 'k', 7)),
          Contractions.einsum("mabk,kn->manb", Map.of('m', 3, 'a', 3, 'b', 9, 'n', 33, 'k', 7)),
          Contractions.einsum("bmk,kxn->bmxn", Map.of('b', 2, 'm', 5, 'x', 3, 'n', 18, 'k', 9)),
          Contractions.einsum("mk,nk->nm", Map.of('m', 40, 'n', 70, 'k', 9)),
          Contractions.einsum("mjk,nkj->mn", Map.of('m', 12, 'n', 70, 'k', 9, 'j', 5)));

  static Stream<Kernel> convolutions() {
    return Stream.of(
            Contractions.Convolution.square(1, 3, 9, 5, 3, 1, 1),
            Contractions.Convolution.square(2, 5, 17, 7, 3, 1, 1),
            Contractions.Convolution.square(2, 4, 16, 8, 3, 2, 1),
            Contractions.Convolution.square(2, 3, 15, 4, 1, 1, 0),
            Contractions.Convolution.square(1, 3, 33, 6, 4, 2, 1),
            Contractions.Convolution.square(1, 5, 32, 18, 4, 2, 1),
            Contractions.Convolution.square(1, 4, 18, 3, 5, 3, 0),
            Contractions.Convolution.square(1, 4, 18, 3, 4, 3, 1),
            Contractions.Convolution.square(2, 3, 12, 20, 4, 1, 1),
            new Contractions.Convolution(2, 3, 16, 16, 4, 3, 3, 2, 0, 1, 0, 1),
            new Contractions.Convolution(1, 2, 7, 11, 3, 3, 2, 1, 2, 0, 0, 1))
        .flatMap(c -> Stream.of(c.forward(), c.imageGradient(), c.weightGradient()));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("matmuls")
  @MethodSource("convolutions")
  @FieldSource("batched")
  void everyTileSizeAgreesWithTheKernelAsWritten(Kernel kernel) {
    int preferred = Machine.host(1).lanes();
    for (int lanes :
        kernel.buffers().getLast().elements() < 600
            ? new int[] {4, 8, 16}
            : new int[] {preferred}) {
      ImplicitGemm p = ImplicitGemm.of(kernel).orElseThrow();
      TiledContraction code = new TiledContraction(p, Blocking.of(p, lanes));
      check(kernel, code.launch(), code, p.depthCount());
    }
  }

  /** Those of the package's description. */
  @Test
  void schedulesOfAMatrixProductAndOfOneRow() {
    Machine machine = new Machine(16, true, 1);
    TiledStrategy strategy = new TiledStrategy();
    Kernel product = Contractions.einsum("mk,kn->mn", Map.of('m', 64, 'n', 1024, 'k', 512));
    assertEquals(
        Optional.of(new JvmSchedule.Tiled(6, 64, 66, 128, 256)),
        strategy.propose(product, machine));
    Kernel row = Contractions.einsum("mk,kn->mn", Map.of('m', 1, 'n', 1024, 'k', 512));
    assertEquals(Optional.of(new JvmSchedule.Rows(false)), strategy.propose(row, machine));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("matmuls")
  @MethodSource("convolutions")
  @FieldSource("batched")
  void blocksOfAnySizeAgreeWithTheKernelAsWritten(Kernel kernel) {
    ImplicitGemm p = ImplicitGemm.of(kernel).orElseThrow();
    Tile tile = Tile.of(8);
    TiledContraction code = new TiledContraction(p, new Blocking(tile, 12, 2 * tile.columns(), 3));
    check(kernel, code.launch(), code, p.depthCount());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("matmuls")
  @MethodSource("convolutions")
  @FieldSource("batched")
  void factorsOfBf16AreWidenedFirst(Kernel kernel) {
    Kernel narrow = Contractions.ofBf16(kernel);
    assertEquals(kernel, WidenedKernel.of(narrow).orElseThrow().kernel());
    assertTrue(WidenedKernel.of(kernel).isEmpty());
    Machine host = Machine.host(1);
    WideningStrategy strategy = new WideningStrategy(List.of(new TiledStrategy()));
    Optional<JvmSchedule> schedule = strategy.propose(narrow, host);
    boolean one = kernel.buffers().getLast().elements() == 1;
    assertEquals(!one, schedule.isPresent());
    if (schedule.isPresent()) {
      CompiledKernel c = strategy.compile(narrow, schedule.get(), host);
      check(narrow, c.launch(), c.code(), ImplicitGemm.of(narrow).orElseThrow().depthCount());
      KernelCode copy = c.code().copy();
      check(narrow, c.launch(), copy, ImplicitGemm.of(narrow).orElseThrow().depthCount());
    }
  }

  @Test
  void theGradientOfAStridedConvolutionMultipliesNoZeros() {
    Kernel kernel = Contractions.Convolution.square(1, 5, 32, 18, 4, 2, 1).imageGradient();
    ImplicitGemm p = ImplicitGemm.of(kernel).orElseThrow();
    assertEquals(18 * 2 * 2, p.depthCount());
    assertEquals(2 * 2, p.outerCount());
    assertEquals(2L * (5 * 32 * 32) * (18 * 2 * 2), p.flops());
  }

  /** Columns and depths: of whole vectors, and not. */
  private static final int[][] FEW = {
    {1, 1}, {17, 5}, {64, 64}, {70, 35}, {35, 48}, {131, 70}, {131, 80}
  };

  @Test
  void fewRowsAgreeWithTheKernelAsWritten() {
    for (String formula : FORMULAS) {
      for (int m = 1; m <= 8; m++) {
        for (int[] s : FEW) {
          Kernel kernel = Contractions.einsum(formula, Map.of('m', m, 'n', s[0], 'k', s[1]));
          ImplicitGemm p = ImplicitGemm.of(kernel).orElseThrow();
          RowSelection.of(p).ifPresent(code -> check(kernel, code.launch(), code, s[1]));
        }
      }
    }
    for (Kernel kernel : batched) {
      ImplicitGemm p = ImplicitGemm.of(kernel).orElseThrow();
      RowSelection.of(p).ifPresent(c -> check(kernel, c.launch(), c, p.depthCount()));
    }
  }

  @Test
  void fewRowsOfNarrowWeightsAgreeWithTheKernelAsWritten() {
    for (DType type : List.of(DType.BF16, DType.I8)) {
      for (String formula : FORMULAS) {
        for (int m : new int[] {1, 2, 3, 4, 5, 8, 9, 13, 16}) {
          for (int[] s : FEW) {
            Map<Character, Integer> sizes = Map.of('m', m, 'n', s[0], 'k', s[1]);
            Kernel kernel = Contractions.einsum(formula, sizes, type);
            ImplicitGemm p = ImplicitGemm.of(kernel).orElseThrow();
            RowSelection.of(p).ifPresent(code -> check(kernel, code.launch(), code, s[1]));
          }
        }
      }
    }
  }

  /** Longer than a block of steps in each type, and rows that are no multiple of a tile's. */
  @Test
  void panelsAgreeWithTheKernelAsWrittenForAnyNumberOfRows() {
    for (DType type : List.of(DType.F32, DType.BF16, DType.I8)) {
      for (int m : new int[] {1, 2, 3, 4, 5, 7, 16, 37}) {
        for (int k : new int[] {2, 48, 300}) {
          Map<Character, Integer> sizes = Map.of('m', m, 'p', 3, 'n', 64, 'k', k);
          Kernel kernel = Contractions.einsum("mk,pkn->mpn", sizes, type);
          Optional<RowContraction> code = RowSelection.of(ImplicitGemm.of(kernel).orElseThrow());
          assertEquals(type == DType.F32 || LaneSums.LANES >= 8, code.isPresent());
          code.ifPresent(c -> check(kernel, c.launch(), c, k));
        }
      }
    }
  }

  /** A row has the same bits beside however many others, though more are computed in blocks. */
  @Test
  void theBitsOfARowDoNotDependOnHowManyThereAre() {
    float[] x = new float[9 * 300];
    float[] w = new float[64 * 300];
    Random random = new Random(3);
    for (float[] values : List.of(x, w)) {
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat() - 0.5f;
      }
    }
    float[] alone = panel(Arrays.copyOf(x, 300), w, 1);
    assertArrayEquals(alone, Arrays.copyOf(panel(x, w, 9), 64));
  }

  private static float[] panel(float[] x, float[] w, int rows) {
    Map<Character, Integer> sizes = Map.of('m', rows, 'p', 1, 'n', 64, 'k', 300);
    Kernel kernel = Contractions.einsum("mk,pkn->mpn", sizes);
    RowContraction code = RowSelection.of(ImplicitGemm.of(kernel).orElseThrow()).orElseThrow();
    float[][] values = {x, w, new float[rows * 64]};
    return run(kernel, values, code.launch(), code, false);
  }

  /** Where there are too few lanes or too many rows, fusion and plain loops take their place. */
  @Test
  void narrowWeightsAreReadInPlaceByFewRowsOnly() {
    for (DType type : List.of(DType.BF16, DType.I8)) {
      for (int m : new int[] {2, 16, 17}) {
        Map<Character, Integer> sizes = Map.of('m', m, 'n', 64, 'k', 64);
        Kernel kernel = Contractions.einsum("mk,nk->mn", sizes, type);
        boolean rows = m <= RowSelection.MOST_ROWS_NARROW && LaneSums.LANES >= 8;
        assertEquals(
            rows, new TiledStrategy().propose(kernel, Machine.host(1)).isPresent(), type + " " + m);
      }
    }
  }

  @Test
  void decodingTakesTheFormThatReadsWeightsInPlace() {
    assertInstanceOf(DotRows.class, rows("mk,nk->mn"));
    assertInstanceOf(ScaledRows.class, rows("mk,kn->mn"));
    assertInstanceOf(ScaledRows.class, rows("km,kn->mn"));
  }

  private static RowContraction rows(String formula) {
    Kernel kernel = Contractions.einsum(formula, Map.of('m', 2, 'n', 40, 'k', 48));
    return RowSelection.of(ImplicitGemm.of(kernel).orElseThrow()).orElseThrow();
  }

  /** Runs the kernel whole, and unit by unit in reverse order: as any number of threads would. */
  private static void check(Kernel kernel, Launch launch, KernelCode code, long depth) {
    Random random = new Random(7);
    float[][] values =
        kernel.buffers().stream()
            .map(
                b -> {
                  float[] x = new float[(int) b.elements()];
                  for (int i = 0; i < x.length; i++) {
                    x[i] =
                        switch (b.dtype()) {
                          case I8 -> random.nextInt(-128, 128);
                          default -> (float) Rounding.to(b.dtype(), random.nextFloat() - 0.5f);
                        };
                  }
                  return x;
                })
            .toArray(float[][]::new);
    double[] expected = Oracle.evaluate(kernel, values);
    float[] whole = run(kernel, values, launch, code, false);
    float[] parts = run(kernel, values, launch, code, true);
    assertArrayEquals(whole, parts, kernel.name());
    boolean wide = kernel.buffers().stream().anyMatch(b -> b.dtype() == DType.I8);
    double largest = wide ? 256 : 1;
    double tolerance = largest * (1e-6 * Math.sqrt(depth) + 1e-7 * depth);
    for (int i = 0; i < whole.length; i++) {
      assertEquals(expected[i], whole[i], tolerance, kernel.name() + " element " + i);
    }
  }

  private static float[] run(
      Kernel kernel, float[][] values, Launch launch, KernelCode code, boolean byUnit) {
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> segments = new ArrayList<>();
      for (int i = 0; i < values.length; i++) {
        segments.add(written(kernel.buffers().get(i).dtype(), values[i], arena));
      }
      segments.getLast().fill((byte) 0xff);
      long[] addresses = segments.stream().mapToLong(MemorySegment::address).toArray();
      long shared = arena.allocate(Math.max(64, launch.sharedBytes()), 64).address();
      MemorySegment scratch = arena.allocate(Math.max(64, launch.scratchBytes()), 64);
      scratch.fill((byte) 0xff);
      for (int phase = 0; phase < launch.units().size(); phase++) {
        long units = launch.units().get(phase);
        if (byUnit) {
          for (long u = units - 1; u >= 0; u--) {
            code.run(phase, addresses, shared, scratch.address(), u, u + 1);
          }
        } else {
          code.run(phase, addresses, shared, scratch.address(), 0, units);
        }
      }
      return segments.getLast().toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static MemorySegment written(DType type, float[] values, Arena arena) {
    MemorySegment s = arena.allocate((long) type.bytes() * values.length, 64);
    for (int i = 0; i < values.length; i++) {
      switch (type) {
        case F32 -> s.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
        case BF16 -> s.setAtIndex(ValueLayout.JAVA_SHORT, i, Rounding.toBf16Bits(values[i]));
        default -> s.set(ValueLayout.JAVA_BYTE, i, (byte) values[i]);
      }
    }
    return s;
  }
}
