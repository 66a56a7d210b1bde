package dev.lgc.compiler.emit.jvm.contraction;

import dev.lgc.compiler.emit.jvm.CompiledKernel;
import dev.lgc.compiler.emit.jvm.JvmSchedule;
import dev.lgc.compiler.emit.jvm.Launch;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Strategy;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.product.WidenedKernel;
import java.util.List;
import java.util.Optional;

/**
 * Contractions of BF16 factors on machines that do not multiply BF16: a first phase widens the
 * factors, which is little work beside the rest, and what follows is a contraction of F32. The
 * products of BF16 are exact in F32, so that the sums are those of any other way, but for the order
 * of additions.
 */
public final class WideningStrategy implements Strategy {
  private final List<Strategy> wide;

  /**
   * @param wide for contractions of F32, asked in order
   */
  public WideningStrategy(List<Strategy> wide) {
    this.wide = List.copyOf(wide);
  }

  @Override
  public Optional<JvmSchedule> propose(Kernel kernel, Machine machine) {
    return WidenedKernel.of(kernel)
        .flatMap(
            w ->
                wide.stream()
                    .flatMap(s -> s.propose(w.kernel(), machine).stream())
                    .findFirst()
                    .map(JvmSchedule.Widened::new));
  }

  @Override
  public CompiledKernel compile(Kernel kernel, JvmSchedule schedule, Machine machine) {
    WidenedKernel w = WidenedKernel.of(kernel).orElseThrow();
    JvmSchedule of = ((JvmSchedule.Widened) schedule).of();
    CompiledKernel compiled = first(w, of, machine).compile(w.kernel(), of, machine);
    WidenedCode code = new WidenedCode(w, compiled.launch(), compiled.code());
    return new CompiledKernel(new JvmSchedule.Widened(compiled.schedule()), code.launch(), code);
  }

  @Override
  public Launch launch(Kernel kernel, JvmSchedule schedule, Machine machine) {
    WidenedKernel w = WidenedKernel.of(kernel).orElseThrow();
    JvmSchedule of = ((JvmSchedule.Widened) schedule).of();
    return WidenedCode.launch(w, first(w, of, machine).launch(w.kernel(), of, machine));
  }

  private Strategy first(WidenedKernel w, JvmSchedule of, Machine machine) {
    return wide.stream()
        .filter(s -> s.propose(w.kernel(), machine).filter(of::equals).isPresent())
        .findFirst()
        .orElseThrow();
  }
}
