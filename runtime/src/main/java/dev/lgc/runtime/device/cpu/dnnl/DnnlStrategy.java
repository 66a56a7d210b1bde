package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.emit.jvm.Machine;
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

  /** The strategy for contractions of BF16 that oneDNN refuses. */
  private final WideningStrategy widening = new WideningStrategy(List.of(emitted));

  private final BooleanSupplier available;
  private final BooleanSupplier bf16;

  /**
   * @param bf16 whether factors of BF16 are handed over as they are; the library takes them on any
   *     machine with AVX-512, but is fast only with instructions that multiply them
   */
  public DnnlStrategy(boolean bf16) {
    this(DnnlLibrary::isAvailable, () -> bf16);
  }

  /** For this machine. The library is not loaded before there is something for it. */
  public DnnlStrategy() {
    this(DnnlLibrary::isAvailable, DnnlLibrary::multipliesBf16);
  }

  private DnnlStrategy(BooleanSupplier available, BooleanSupplier bf16) {
    this.available = available;
    this.bf16 = bf16;
  }

  /**
   * For estimates on this machine: what it proposes is only asked for its launch, and the library
   * is neither unpacked nor loaded.
   */
  public static DnnlStrategy forEstimates() {
    return new DnnlStrategy(DnnlLibrary::isPresent, DnnlLibrary::isPresentForBf16);
  }

  @Override
  public Optional<JvmSchedule> propose(Kernel kernel, Machine machine) {
    // Whether the library is there is asked last, as that loads it: a plan may need none.
    Optional<WidenedKernel> wide = WidenedKernel.of(kernel);
    if (wide.isPresent() && !bf16.getAsBoolean()) {
      return Optional.empty();
    }
    return emitted
        .propose(wide.map(WidenedKernel::kernel).orElse(kernel), machine)
        .filter(s -> s instanceof JvmSchedule.Tiled)
        .flatMap(s -> library(kernel, machine))
        .filter(s -> available.getAsBoolean());
  }

  private static Optional<JvmSchedule> library(Kernel kernel, Machine machine) {
    Optional<MatrixProduct> product = MatrixProduct.of(kernel);
    if (product.isPresent()) {
      return Optional.of(product.get())
          .filter(p -> DnnlProduct.flops(p) >= LEAST_FLOPS)
          .map(p -> new DnnlProduct(p, machine.alone()))
          .filter(DnnlProduct::isAddressable)
          .map(p -> new JvmSchedule.Library("oneDNN", "matmul", p.parts()));
    }
    return ImageConvolution.of(kernel)
        .filter(DnnlStrategy::isDense)
        .map(DnnlConvolution::new)
        .filter(c -> c.flops() >= LEAST_FLOPS)
        .filter(DnnlConvolution::isAddressable)
        .map(c -> new JvmSchedule.Library("oneDNN", c.call(), c.parts()));
  }

  /** Returns true if there is enough work for each element of the result to pay for copying it. */
  private static boolean isDense(ImageConvolution c) {
    return c.kind() != ImageConvolution.Kind.RESULT
        || c.weights().elements() / c.weights().extent(0) >= LEAST_DEPTH;
  }

  @Override
  public Launch launch(Kernel kernel, JvmSchedule schedule, Machine machine) {
    return MatrixProduct.of(kernel)
        .map(p -> new DnnlProduct(p, machine.alone()).launch())
        .orElseGet(() -> new DnnlConvolution(ImageConvolution.of(kernel).orElseThrow()).launch());
  }

  @Override
  public CompiledKernel compile(Kernel kernel, JvmSchedule schedule, Machine machine) {
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
