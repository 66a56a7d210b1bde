package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Schedule;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.emit.jvm.contraction.ImageConvolution;
import dev.lgc.compiler.emit.jvm.contraction.Product;
import dev.lgc.compiler.emit.jvm.contraction.TiledStrategy;
import dev.lgc.compiler.kernel.Kernel;
import java.util.Optional;

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

  @Override
  public Optional<Schedule> propose(Kernel kernel, Machine machine) {
    if (!DnnlLibrary.isAvailable()) {
      return Optional.empty();
    }
    return emitted
        .propose(kernel, machine)
        .filter(s -> s instanceof Schedule.Tiled)
        .flatMap(s -> library(kernel, machine));
  }

  private static Optional<Schedule> library(Kernel kernel, Machine machine) {
    Optional<Product> product = Product.of(kernel);
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
      Optional<Product> product = Product.of(kernel);
      DnnlCode code =
          product.isPresent()
              ? new DnnlProduct(product.get(), machine.alone()).code(dnnl)
              : new DnnlConvolution(ImageConvolution.of(kernel).orElseThrow()).code(dnnl);
      return new CompiledKernel(schedule, code.launch(), code);
    } catch (Dnnl.Refused e) {
      return emitted.compile(kernel, emitted.propose(kernel, machine).orElseThrow(), machine);
    }
  }
}
