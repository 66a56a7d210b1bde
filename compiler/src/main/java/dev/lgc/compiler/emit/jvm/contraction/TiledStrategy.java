package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Schedule;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Contractions by rows where there are few, else in register tiles. Sums of products that use no
 * element twice are not among them: plain loops are as good.
 */
public final class TiledStrategy implements Strategy {
  @Override
  public Optional<Schedule> propose(Kernel kernel, Machine machine) {
    if (machine.lanes() == 1) {
      return Optional.empty();
    }
    return ImplicitGemm.of(kernel)
        .filter(p -> p.rowCount() * p.columnCount() > 1)
        .flatMap(
            p ->
                RowContraction.of(p)
                    .<Schedule>map(rows -> rows.schedule())
                    .or(() -> isAddressable(kernel, p) ? tiled(p, machine) : Optional.empty()));
  }

  /**
   * Whether {@link Line}s, which are of 32 bits, hold the places of all elements of the factors.
   */
  static boolean isAddressable(Kernel kernel, ImplicitGemm p) {
    return Stream.of(p.a(), p.b())
        .allMatch(
            s -> kernel.buffers().get(s.buffer()).elements() * s.divisor() <= Integer.MAX_VALUE);
  }

  /** Nothing where numbers would have to be converted: fusion has that done once, beforehand. */
  private static Optional<Schedule> tiled(ImplicitGemm p, Machine machine) {
    return p.isFloat() ? Optional.of(Blocking.of(p, machine.lanes()).schedule()) : Optional.empty();
  }

  @Override
  public CompiledKernel compile(Kernel kernel, Schedule schedule, Machine machine) {
    ImplicitGemm p = ImplicitGemm.of(kernel).orElseThrow();
    return switch (schedule) {
      case Schedule.Rows r -> {
        RowContraction code = RowContraction.of(p).orElseThrow();
        yield new CompiledKernel(r, code.launch(), code);
      }
      case Schedule.Tiled t -> {
        TiledContraction code = new TiledContraction(p, Blocking.of(t, machine.lanes()));
        yield new CompiledKernel(t, code.launch(), code);
      }
      case Schedule.Loops l -> throw new IllegalArgumentException(l.toString());
      case Schedule.Pieces l -> throw new IllegalArgumentException(l.toString());
      case Schedule.Widened w -> throw new IllegalArgumentException(w.toString());
      case Schedule.Library l -> throw new IllegalArgumentException(l.toString());
    };
  }
}
