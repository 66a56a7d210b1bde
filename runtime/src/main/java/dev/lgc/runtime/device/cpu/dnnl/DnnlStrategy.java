package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Schedule;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.emit.jvm.contraction.WideningStrategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.product.ImageConvolution;
import dev.lgc.compiler.kernel.product.MatrixProduct;
import dev.lgc.compiler.kernel.product.WidenedKernel;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Contractions by oneDNN where it is there and faster: not for few rows, where the weights are read
 * at the speed of memory anyway, and not for small ones. What it refuses is emitted.
 */
public final class DnnlStrategy implements Strategy {
  /** Operations below which calling a library is not worth it. */
  private static final long LEAST_FLOPS = 50_000;

  /**
   * Steps of a convolution's sums below which its own layouts do not pay: images of three channels.
   */
  private static final long LEAST_DEPTH = 36;

  private final TiledStrategy emitted = new TiledStrategy();

  /** What computes a contraction of BF16 that oneDNN refuses. */
  private final WideningStrategy widening = new WideningStrategy(List.of(emitted));

  private final BooleanSupplier bf16;

  /**
   * @param bf16 whether factors of BF16 are handed over as they are; the library takes them on any
   *     machine with AVX-512, but is fast only with instructions that multiply them
   */
  public DnnlStrategy(boolean bf16) {
    this(() -> bf16);
  }

  /** For this machine. The library is not loaded before there is something for it. */
  public DnnlStrategy() {
    this(DnnlLibrary::multipliesBf16);
  }

  private DnnlStrategy(BooleanSupplier bf16) {
    this.bf16 = bf16;
  }

  @Override
  public Optional<Schedule> propose(Kernel kernel, Machine machine) {
    // Whether the library is there is asked last, as that loads it: a plan may need none.
    Optional<WidenedKernel> wide = WidenedKernel.of(kernel);
    if (wide.isPresent() && !bf16.getAsBoolean()) {
      return Optional.empty();
    }
    return emitted
        .propose(wide.map(WidenedKernel::kernel).orElse(kernel), machine)
        .filter(s -> s instanceof Schedule.Tiled)
        .flatMap(s -> library(kernel, machine))
        .filter(s -> DnnlLibrary.isAvailable());
  }

  private static Optional<Schedule> library(Kernel kernel, Machine machine) {
    Optional<MatrixProduct> product = MatrixProduct.of(kernel);
    if (product.isPresent()) {
      return Optional.of(product.get())
          .filter(p -> DnnlProduct.flops(p) >= LEAST_FLOPS)
          .map(
              p ->
                  new Schedule.Library(
                      "oneDNN", "matmul", new DnnlProduct(p, machine.alone()).parts()));
    }
    return ImageConvolution.of(kernel)
        .filter(DnnlStrategy::isDense)
        .map(DnnlConvolution::new)
        .filter(c -> c.flops() >= LEAST_FLOPS)
        .map(c -> new Schedule.Library("oneDNN", c.call(), c.parts()));
  }

  /** Whether there is enough work for each element of the result to pay for copying it. */
  private static boolean isDense(ImageConvolution c) {
    return c.kind() != ImageConvolution.Kind.RESULT
        || c.weights().elements() / c.weights().extent(0) >= LEAST_DEPTH;
  }

  @Override
  public CompiledKernel compile(Kernel kernel, Schedule schedule, Machine machine) {
    Dnnl dnnl = DnnlLibrary.get().orElseThrow();
    try {
      Optional<MatrixProduct> product = MatrixProduct.of(kernel);
      DnnlCode code =
          product.isPresent()
              ? new DnnlProduct(product.get(), machine.alone()).code(dnnl)
              : new DnnlConvolution(ImageConvolution.of(kernel).orElseThrow()).code(dnnl);
      return new CompiledKernel(schedule, code.launch(), code);
    } catch (Dnnl.Refused e) {
      Strategy instead = WidenedKernel.of(kernel).isPresent() ? widening : emitted;
      return instead.compile(kernel, instead.propose(kernel, machine).orElseThrow(), machine);
    }
  }
}
