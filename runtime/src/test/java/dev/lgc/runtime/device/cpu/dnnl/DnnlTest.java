package dev.lgc.runtime.device.cpu.dnnl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Rounding;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.kernel.Expressions;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.kernel.product.Contractions;
import dev.lgc.compiler.kernel.product.Contractions.Convolution;
import dev.lgc.compiler.kernel.product.ImageConvolution;
import dev.lgc.compiler.kernel.product.MatrixProduct;
import dev.lgc.dsl.type.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("backend")
class DnnlTest {
  private static final Machine HOST = Machine.host(1);

  @BeforeAll
  static void library() {
    assumeTrue(DnnlLibrary.isAvailable(), DnnlLibrary.state());
  }

  static Stream<Kernel> products() {
    List<int[]> sizes =
        List.of(
            new int[] {1, 3, 1},
            new int[] {3, 17, 5},
            new int[] {15, 33, 16},
            new int[] {33, 15, 17},
            new int[] {100, 130, 260},
            new int[] {400, 70, 64},
            new int[] {17, 900, 64});
    return Stream.of("mk,nk->mn", "mk,kn->mn", "km,kn->mn", "km,nk->mn", "nk,mk->mn", "mk,nk->nm")
        .flatMap(
            f ->
                sizes.stream()
                    .map(s -> Contractions.einsum(f, Map.of('m', s[0], 'n', s[1], 'k', s[2]))));
  }

  static final List<Kernel> batched =
      List.of(
          Contractions.einsum("bhmk,bhnk->bhmn", Map.of('b', 2, 'h', 9, 'm', 9, 'n', 20, 'k', 7)),
          Contractions.einsum("bmhk,bnhk->bhmn", Map.of('b', 2, 'h', 3, 'm', 9, 'n', 20, 'k', 7)),
          Contractions.einsum("bhmk,bkhn->bmhn", Map.of('b', 2, 'h', 3, 'm', 9, 'n', 33, 'k', 7)),
          Contractions.einsum("mabk,kn->manb", Map.of('m', 3, 'a', 3, 'b', 9, 'n', 33, 'k', 7)),
          Contractions.einsum("bmk,kxn->bmxn", Map.of('b', 2, 'm', 5, 'x', 3, 'n', 18, 'k', 9)),
          Contractions.einsum("bgmk,bnk->bgmn", Map.of('b', 3, 'g', 2, 'm', 5, 'n', 18, 'k', 9)));

  static final List<Convolution> shapes =
      List.of(
          Convolution.square(1, 3, 9, 5, 3, 1, 1),
          Convolution.square(1, 16, 33, 32, 3, 1, 1),
          Convolution.square(3, 5, 17, 70, 3, 1, 1),
          Convolution.square(9, 16, 17, 70, 3, 1, 1),
          Convolution.square(2, 16, 64, 40, 3, 1, 1),
          // More weights than pixels: cut by channels.
          Convolution.square(1, 70, 6, 130, 3, 1, 1),
          Convolution.square(2, 130, 16, 72, 4, 2, 1),
          Convolution.square(2, 4, 16, 8, 3, 2, 1),
          Convolution.square(1, 4, 64, 8, 3, 2, 1),
          Convolution.square(1, 3, 33, 6, 4, 2, 1),
          Convolution.square(2, 3, 12, 20, 4, 1, 1),
          Convolution.square(2, 3, 12, 20, 3, 1, 0),
          new Convolution(2, 3, 16, 16, 4, 3, 3, 2, 0, 1, 0, 1),
          new Convolution(1, 8, 64, 64, 16, 3, 3, 2, 0, 1, 0, 1),
          new Convolution(1, 2, 17, 21, 3, 3, 2, 1, 2, 0, 0, 1),
          // Kernels of one row: part of others with fewer multiplications.
          new Convolution(1, 16, 16, 64, 40, 1, 3, 1, 0, 0, 1, 1),
          new Convolution(2, 5, 17, 33, 70, 1, 3, 1, 0, 0, 1, 1),
          new Convolution(1, 70, 4, 8, 130, 1, 3, 1, 0, 0, 1, 1),
          new Convolution(2, 6, 9, 20, 12, 1, 3, 1, 0, 0, 0, 0));

  static Stream<Kernel> convolutions() {
    return shapes.stream()
        .flatMap(c -> Stream.of(c.forward(), c.imageGradient(), c.weightGradient()));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("products")
  @FieldSource("batched")
  void productsAgreeWithEmittedKernels(Kernel kernel) throws Dnnl.Refused {
    MatrixProduct p = MatrixProduct.of(kernel).orElseThrow();
    DnnlCode code = new DnnlProduct(p).code(DnnlLibrary.get().orElseThrow());
    compare(kernel, code, p.depth());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("convolutions")
  void convolutionsAgreeWithEmittedKernels(Kernel kernel) throws Dnnl.Refused {
    ImageConvolution c = ImageConvolution.of(kernel).orElseThrow();
    assertEquals(
        switch (kernel.name()) {
          case "conv" -> ImageConvolution.Kind.RESULT;
          case "conv_image_gradient" -> ImageConvolution.Kind.IMAGE_GRADIENT;
          default -> ImageConvolution.Kind.WEIGHT_GRADIENT;
        },
        c.kind());
    DnnlCode code = new DnnlConvolution(c).code(DnnlLibrary.get().orElseThrow());
    compare(kernel, code, c.result().elements());
  }

  @ParameterizedTest(name = "{index}")
  @FieldSource("shapes")
  void weightsMayHaveTheirInputsFastest(Convolution shape) throws Dnnl.Refused {
    Kernel kernel = inputsFastest(shape.forward(), shape);
    ImageConvolution c = ImageConvolution.of(kernel).orElseThrow();
    assertEquals(ImageConvolution.Kind.RESULT, c.kind());
    DnnlCode code = new DnnlConvolution(c).code(DnnlLibrary.get().orElseThrow());
    compare(kernel, code, c.result().elements());
  }

  /** A convolution whose weights are [out, kernel height, kernel width, in] in memory. */
  private static Kernel inputsFastest(Kernel kernel, Convolution c) {
    Stage s = kernel.stages().getFirst();
    Scalar.Apply product = (Scalar.Apply) s.value();
    Scalar.Load weight = (Scalar.Load) product.operands().getLast();
    List<Axis> r = s.reduction();
    Scalar index =
        Expressions.linear(
            Stream.of(kernel.space().get(1), r.get(1), r.get(2), r.get(0))
                .<Scalar>map(Scalar::of)
                .toList(),
            List.of(c.out(), c.kernelHeight(), c.kernelWidth(), c.in()));
    Scalar load = new Scalar.Load(weight.operand(), weight.dtype(), List.of(index));
    Scalar value = product.operands().getFirst().times(load);
    return new Kernel(
        kernel.name(),
        kernel.buffers(),
        kernel.space(),
        List.of(new Stage(s.target(), s.axes(), r, s.reducer(), value)));
  }

  /**
   * The library's own products of BF16, wherever it takes them: also on processors without
   * instructions for it, where nothing but this test asks for them.
   */
  @ParameterizedTest(name = "{index}")
  @MethodSource("products")
  @MethodSource("convolutions")
  @FieldSource("batched")
  void productsOfBf16AgreeWithThoseOfTheSameNumbersInF32(Kernel wide) {
    Kernel kernel = Contractions.ofBf16(wide);
    DnnlStrategy strategy = new DnnlStrategy(true);
    Optional<JvmSchedule> schedule = strategy.propose(kernel, HOST);
    assertTrue(new DnnlStrategy(false).propose(kernel, HOST).isEmpty());
    if (schedule.isPresent()) {
      CompiledKernel compiled = strategy.compile(kernel, schedule.get(), HOST);
      // Without AVX-512 the library may refuse, and then factors are widened.
      assertTrue(compiled.code() instanceof DnnlCode || HOST.lanes() < 16, kernel.name());
      compare(
          wide, kernel, compiled, MatrixProduct.of(wide).map(MatrixProduct::depth).orElse(1024L));
    }
  }

  @Test
  void largeProductsGoToTheLibraryAndFewRowsDoNot() {
    DnnlStrategy strategy = new DnnlStrategy();
    Kernel large = Contractions.einsum("mk,nk->mn", Map.of('m', 64, 'n', 256, 'k', 256));
    Kernel decode = Contractions.einsum("mk,nk->mn", Map.of('m', 2, 'n', 2048, 'k', 2048));
    JvmSchedule s = strategy.propose(large, HOST).orElseThrow();
    assertTrue(s instanceof JvmSchedule.Library, s.toString());
    assertTrue(strategy.compile(large, s, HOST).code() instanceof DnnlCode);
    assertTrue(strategy.propose(decode, HOST).isEmpty());
  }

  @Test
  void estimatesKnowWithoutTheLibraryWhatItWillBeGiven() {
    assertTrue(DnnlLibrary.isPresent());
    assertEquals(DnnlLibrary.multipliesBf16(), DnnlLibrary.isPresentForBf16());
    Stream.concat(large(), large().map(Contractions::ofBf16))
        .forEach(
            k ->
                assertEquals(
                    new DnnlStrategy().propose(k, HOST),
                    DnnlStrategy.forEstimates().propose(k, HOST),
                    k.name()));
  }

  private static void compare(Kernel kernel, DnnlCode code, long depth) {
    JvmSchedule library = new JvmSchedule.Library("oneDNN", "", code.parts());
    compare(kernel, kernel, new CompiledKernel(library, code.launch(), code), depth);
  }

  /**
   * @param wide the kernel with factors of F32
   * @param compiled code for the kernel itself
   */
  private static void compare(Kernel wide, Kernel kernel, CompiledKernel compiled, long depth) {
    TiledStrategy tiled = new TiledStrategy();
    CompiledKernel emitted = tiled.compile(wide, tiled.propose(wide, HOST).orElseThrow(), HOST);
    boolean rounded = !wide.equals(kernel);
    float[] expected = run(wide, emitted, false, rounded);
    float[] whole = run(kernel, compiled, false, rounded);
    float[] parts = run(kernel, compiled, true, rounded);
    assertArrayEquals(whole, parts, kernel.name());
    for (int i = 0; i < whole.length; i++) {
      double tolerance = 1e-6 * Math.sqrt(depth) + 1e-7 * Math.abs(expected[i]);
      assertEquals(expected[i], whole[i], tolerance, kernel.name() + " element " + i);
    }
  }

  /**
   * Runs a kernel on random numbers, perhaps rounded to BF16, with one thread or as any number of
   * threads would.
   */
  private static float[] run(
      Kernel kernel, CompiledKernel compiled, boolean byUnit, boolean rounded) {
    Launch launch = compiled.launch();
    KernelCode code = compiled.code();
    Random random = new Random(11);
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> segments = new ArrayList<>();
      kernel
          .buffers()
          .forEach(
              b -> {
                MemorySegment s = arena.allocate(4 * b.elements(), 64);
                for (long i = 0; i < b.elements(); i++) {
                  float x = random.nextFloat() - 0.5f;
                  if (b.dtype() == DType.BF16) {
                    s.setAtIndex(ValueLayout.JAVA_SHORT, i, Rounding.toBf16Bits(x));
                  } else {
                    s.setAtIndex(ValueLayout.JAVA_FLOAT, i, rounded ? Rounding.toBf16(x) : x);
                  }
                }
                segments.add(s);
              });
      segments.getLast().fill((byte) 0xff);
      long[] addresses = segments.stream().mapToLong(MemorySegment::address).toArray();
      MemorySegment shared = arena.allocate(Math.max(64, launch.sharedBytes()), 64);
      MemorySegment scratch = arena.allocate(Math.max(64, launch.scratchBytes()), 64);
      shared.fill((byte) 0xff);
      scratch.fill((byte) 0xff);
      for (int phase = 0; phase < launch.units().size(); phase++) {
        long units = launch.units().get(phase);
        if (byUnit) {
          for (long u = units - 1; u >= 0; u--) {
            code.run(phase, addresses, shared.address(), scratch.address(), u, u + 1);
          }
        } else {
          code.run(phase, addresses, shared.address(), scratch.address(), 0, units);
        }
      }
      return segments.getLast().toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  /** Convolutions of VQ-16, forward and backward, and products of transformers. */
  static Stream<Kernel> large() {
    Stream<Kernel> convolutions =
        Stream.of(
                Convolution.square(8, 128, 256, 128, 3, 1, 1),
                Convolution.square(8, 256, 64, 256, 3, 1, 1),
                Convolution.square(8, 512, 16, 512, 3, 1, 1),
                Convolution.square(1, 128, 256, 128, 3, 1, 1))
            .flatMap(c -> Stream.of(c.forward(), c.imageGradient(), c.weightGradient()));
    Stream<Kernel> products =
        Stream.of("mk,nk->mn", "mk,kn->mn", "km,kn->mn")
            .map(f -> Contractions.einsum(f, Map.of('m', 2048, 'n', 3072, 'k', 768)));
    return Stream.concat(convolutions, products);
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("large")
  void memoryIsKnownBeforeThereIsCode(Kernel kernel) {
    DnnlStrategy strategy = new DnnlStrategy(false);
    Optional<JvmSchedule> schedule = strategy.propose(kernel, Machine.host(2));
    assumeTrue(schedule.isPresent(), "oneDNN is not asked");
    Launch known = strategy.launch(kernel, schedule.get(), Machine.host(2));
    Launch code = strategy.compile(kernel, schedule.get(), Machine.host(2)).launch();
    assertEquals(code.sharedBytes(), known.sharedBytes());
    assertEquals(code.units(), known.units());
    assertEquals(code.scratchBytes(), known.scratchBytes(), 1 << 20);
  }
}
