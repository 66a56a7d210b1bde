package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.product.ImplicitGemm;
import java.util.Optional;

/**
 * Contractions by rows where there are few, else in register tiles. Sums of products that use no
 * element twice are not among them: plain loops are as good.
 */
public final class TiledStrategy implements Strategy {
  @Override
  public Optional<JvmSchedule> propose(Kernel kernel, Machine machine) {
    if (machine.lanes() == 1) {
      return Optional.empty();
    }
    return ImplicitGemm.of(kernel)
        .filter(p -> p.rowCount() * p.columnCount() > 1)
        .flatMap(
            p ->
                RowSelection.of(p)
                    .<JvmSchedule>map(rows -> rows.schedule())
                    .or(() -> tiled(p, machine)));
  }

  /**
   * Nothing where numbers would have to be converted: fusion has that done once, beforehand; or
   * where elements of a block are farther apart than 32 bits say.
   */
  private static Optional<JvmSchedule> tiled(ImplicitGemm p, Machine machine) {
    if (!p.isFloat()) {
      return Optional.empty();
    }
    Blocking blocking = Blocking.of(p, machine.lanes());
    return TiledContraction.isAddressable(p, blocking)
        ? Optional.of(blocking.schedule())
        : Optional.empty();
  }

  @Override
  public CompiledKernel compile(Kernel kernel, JvmSchedule schedule, Machine machine) {
    ImplicitGemm p = ImplicitGemm.of(kernel).orElseThrow();
    return switch (schedule) {
      case JvmSchedule.Rows r -> {
        RowContraction code = RowSelection.of(p).orElseThrow();
        yield new CompiledKernel(r, code.launch(), code);
      }
      case JvmSchedule.Tiled t -> {
        TiledContraction code = new TiledContraction(p, Blocking.of(t, machine.lanes()));
        yield new CompiledKernel(t, code.launch(), code);
      }
      case JvmSchedule.Loops l -> throw new IllegalArgumentException(l.toString());
      case JvmSchedule.Split l -> throw new IllegalArgumentException(l.toString());
      case JvmSchedule.Widened w -> throw new IllegalArgumentException(w.toString());
      case JvmSchedule.Library l -> throw new IllegalArgumentException(l.toString());
    };
  }
}
