package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.KernelCode;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.product.Contractions;
import dev.lgc.compiler.kernel.product.Contractions.Convolution;
import dev.lgc.compiler.kernel.product.ImageConvolution;
import dev.lgc.compiler.kernel.product.MatrixProduct;
import dev.lgc.compiler.kernel.product.StridedTensor;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.cpu.dnnl.Part.Argument;
import dev.lgc.runtime.device.cpu.dnnl.Part.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * How fast contractions are: emitted, through the library as kernels call it (with what it has to
 * copy), the library's primitive on the tensors where they lie ("plain": what a program that calls
 * the library once per operation gets; weights in the layout it likes), and its primitive with all
 * tensors in the layouts it likes best ("bare": what is left when nothing is ever copied). Times
 * are processor time of one thread, the least of several turns, so that other work on the machine
 * matters little. A program, not a test.
 */
final class ContractionBenchmark {
  private static final long TURN_NANOS = 150_000_000;
  private static final int TURNS = 6;
  private static final Machine HOST = Machine.host(1);

  private ContractionBenchmark() {}

  private static String wanted = "";

  public static void main(String[] arguments) throws Dnnl.Refused {
    wanted = arguments.length == 0 ? "" : arguments[0];
    System.out.println(DnnlLibrary.state() + ", " + HOST);
    System.out.printf(
        Locale.ROOT,
        "%-42s %8s %8s %8s %8s  %7s %7s  %s%n",
        "GFLOP/s, one thread",
        "emitted",
        "library",
        "plain",
        "bare",
        "/plain",
        "/bare",
        "chosen");
    products(256, 2304, 768);
    products(2048, 3072, 768);
    products(64, 2304, 768);
    products(16, 2304, 768);
    products(1, 2304, 768);
    product(
        "attention 24x256x256x64", "bmk,bnk->bmn", Map.of('b', 24, 'm', 256, 'n', 256, 'k', 64));
    product("small 33x33x33", "mk,nk->mn", Map.of('m', 33, 'n', 33, 'k', 33));
    product("small 64x64x64", "mk,nk->mn", Map.of('m', 64, 'n', 64, 'k', 64));
    product("small 96x96x96", "mk,nk->mn", Map.of('m', 96, 'n', 96, 'k', 96));
    convolutions("128ch 64² batch 1", Convolution.square(1, 128, 64, 128, 3, 1, 1));
    convolutions("32ch 32² batch 1", Convolution.square(1, 32, 32, 32, 3, 1, 1));
    convolutions("128ch 16² batch 16", Convolution.square(16, 128, 16, 128, 3, 1, 1));
    convolutions(
        "128ch 32² batch 4 stride 2", new Convolution(4, 128, 32, 32, 128, 3, 3, 2, 0, 1, 0, 1));
    convolutions("128ch 256² batch 1", Convolution.square(1, 128, 256, 128, 3, 1, 1));
    convolutions("512ch 16² batch 2", Convolution.square(2, 512, 16, 512, 3, 1, 1));
    convolutions("3→64ch 128² batch 1", Convolution.square(1, 3, 128, 64, 3, 1, 1));
  }

  private static void products(int m, int n, int k) throws Dnnl.Refused {
    String size = Text.format(" %dx%dx%d", m, n, k);
    Map<Character, Integer> extents = Map.of('m', m, 'n', n, 'k', k);
    product("forward" + size, "mk,nk->mn", extents);
    product("left gradient" + size, "mn,nk->mk", extents);
    product("weight gradient" + size, "mn,mk->nk", extents);
  }

  private static void product(String name, String formula, Map<Character, Integer> extents)
      throws Dnnl.Refused {
    compare(name, Contractions.einsum(formula, extents));
  }

  private static void convolutions(String name, Convolution c) throws Dnnl.Refused {
    compare("conv forward " + name, c.forward());
    compare("conv image gradient " + name, c.imageGradient());
    compare("conv weight gradient " + name, c.weightGradient());
  }

  private static void compare(String name, Kernel kernel) throws Dnnl.Refused {
    if (!name.contains(wanted)) {
      return;
    }
    TiledStrategy tiled = new TiledStrategy();
    CompiledKernel emitted = tiled.compile(kernel, tiled.propose(kernel, HOST).orElseThrow(), HOST);
    Optional<Dnnl> dnnl = DnnlLibrary.get();
    Optional<MatrixProduct> product = MatrixProduct.of(kernel);
    ImageConvolution convolution =
        product.isPresent() ? null : ImageConvolution.of(kernel).orElseThrow();
    DnnlCode library = null;
    DnnlCode plain = null;
    DnnlCode bare = null;
    if (dnnl.isPresent()) {
      library =
          product.isPresent()
              ? new DnnlProduct(product.get()).code(dnnl.get())
              : new DnnlConvolution(convolution).code(dnnl.get());
      plain = primitive(dnnl.get(), product, convolution, true);
      bare = primitive(dnnl.get(), product, convolution, false);
    }
    double[] seconds = {1e9, 1e9, 1e9, 1e9};
    try (Arena arena = Arena.ofConfined()) {
      long[] buffers = buffers(arena, kernel);
      for (int turn = 0; turn < TURNS; turn++) {
        seconds[0] = Math.min(seconds[0], turn(emitted.launch(), emitted.code(), buffers));
        if (library != null) {
          seconds[1] = Math.min(seconds[1], turn(library.launch(), library, buffers));
          seconds[2] = Math.min(seconds[2], turn(plain.launch(), plain, buffers));
          seconds[3] = Math.min(seconds[3], turn(bare.launch(), bare, buffers));
        }
      }
    }
    long flops =
        product.isPresent()
            ? DnnlProduct.flops(product.get())
            : new DnnlConvolution(convolution).flops();
    boolean called = new DnnlStrategy().propose(kernel, HOST).isPresent();
    double reached = called ? seconds[1] : seconds[0];
    System.out.printf(
        Locale.ROOT,
        "%-42s %8.1f %8.1f %8.1f %8.1f  %6.0f%% %6.0f%%  %s%n",
        name,
        flops / seconds[0] / 1e9,
        flops / seconds[1] / 1e9,
        flops / seconds[2] / 1e9,
        flops / seconds[3] / 1e9,
        100 * seconds[2] / reached,
        100 * seconds[3] / reached,
        called ? "library" : "emitted " + emitted.schedule());
  }

  /**
   * The library's primitive alone.
   *
   * @param plain whether images and matrices stay where they lie
   */
  private static DnnlCode primitive(
      Dnnl dnnl, Optional<MatrixProduct> product, ImageConvolution convolution, boolean plain)
      throws Dnnl.Refused {
    return DnnlCode.of(
        dnnl,
        1,
        (n, part, i) -> {
          if (product.isPresent()) {
            matmul(n, part, product.get());
          } else {
            new Convolved(n, part, convolution, plain).execute();
          }
        },
        null,
        1);
  }

  private static long[] buffers(Arena arena, Kernel kernel) {
    Random random = new Random(5);
    return kernel.buffers().stream()
        .mapToLong(
            b -> {
              MemorySegment s = arena.allocate(4 * b.elements() + 64, 64);
              for (long i = 0; i < b.elements(); i++) {
                s.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
              }
              return s.address();
            })
        .toArray();
  }

  /** The least processor time of a call, over one turn. */
  private static double turn(Launch launch, KernelCode code, long[] buffers) {
    try (Arena arena = Arena.ofConfined()) {
      long shared = arena.allocate(launch.sharedBytes() + 64, 64).address();
      long scratch = arena.allocate(launch.scratchBytes() + 64, 64).address();
      var threads = ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE;
      long end = System.nanoTime() + TURN_NANOS;
      while (System.nanoTime() < end) {
        long start = threads.getCurrentThreadCpuTime();
        int calls = launch.work() > 3_000_000 ? 1 : 20;
        for (int i = 0; i < calls; i++) {
          for (int phase = 0; phase < launch.units().size(); phase++) {
            code.run(phase, buffers, shared, scratch, 0, launch.units().get(phase));
          }
        }
        least = Math.min(least, (threads.getCurrentThreadCpuTime() - start) / calls);
      }
      return least / 1e9;
    }
  }

  private static void matmul(Natives n, Part.Builder part, MatrixProduct p) throws Dnnl.Refused {
    Memory src = part.tensor(p.a());
    Memory dst = part.tensor(p.c());
    long d = n.matmul(src.descriptor(), n.anyDescriptor(p.b()), dst.descriptor());
    part.execute(
        d,
        new Argument(Dnnl.SRC, src),
        new Argument(Dnnl.WEIGHTS, part.scratch(n.queried(d, Dnnl.WEIGHTS_MD))),
        new Argument(Dnnl.DST, dst));
  }

  /** A convolution primitive, its images where they lie or where the library likes them. */
  private record Convolved(Natives n, Part.Builder part, ImageConvolution c, boolean plain) {
    private long descriptor(StridedTensor s) throws Dnnl.Refused {
      return plain ? n.descriptor(s) : n.anyDescriptor(s);
    }

    private Memory memory(StridedTensor s, long primitive, int query) throws Dnnl.Refused {
      return plain ? part.tensor(s) : part.scratch(n.queried(primitive, query));
    }

    void execute() throws Dnnl.Refused {
      Natives.Moves moves = DnnlConvolution.moves(c);
      long image = descriptor(c.image());
      long weights = n.anyDescriptor(c.weights());
      long result = descriptor(c.result());
      long forward = n.forward(image, weights, result, moves);
      switch (c.kind()) {
        case RESULT ->
            part.execute(
                forward,
                new Argument(Dnnl.SRC, memory(c.image(), forward, Dnnl.SRC_MD)),
                new Argument(Dnnl.WEIGHTS, part.scratch(n.queried(forward, Dnnl.WEIGHTS_MD))),
                new Argument(Dnnl.DST, memory(c.result(), forward, Dnnl.DST_MD)));
        case IMAGE_GRADIENT -> {
          long d = n.backwardData(image, weights, result, moves, forward);
          part.execute(
              d,
              new Argument(Dnnl.DIFF_DST, memory(c.result(), d, Dnnl.DIFF_DST_MD)),
              new Argument(Dnnl.WEIGHTS, part.scratch(n.queried(d, Dnnl.WEIGHTS_MD))),
              new Argument(Dnnl.DIFF_SRC, memory(c.image(), d, Dnnl.DIFF_SRC_MD)));
        }
        case WEIGHT_GRADIENT -> {
          long d = n.backwardWeights(image, weights, result, moves, forward);
          part.execute(
              d,
              new Argument(Dnnl.SRC, memory(c.image(), d, Dnnl.SRC_MD)),
              new Argument(Dnnl.DIFF_DST, memory(c.result(), d, Dnnl.DIFF_DST_MD)),
              new Argument(Dnnl.DIFF_WEIGHTS, part.scratch(n.queried(d, Dnnl.DIFF_WEIGHTS_MD))));
        }
      }
    }
  }
}
