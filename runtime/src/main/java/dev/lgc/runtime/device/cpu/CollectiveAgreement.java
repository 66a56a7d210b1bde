package dev.lgc.runtime.device.cpu;

import dev.lgc.compiler.plan.CollectiveCall;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.io.BadInputException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The agreement of all ranks on a step's collectives. Kernels may differ, as processors do; were
 * collectives to differ, ranks would wait for each other for ever.
 */
final class CollectiveAgreement {
  private CollectiveAgreement() {}

  /**
   * Compares the collectives of a step with those of all other ranks, each of which asks too.
   *
   * @throws BadInputException if they differ
   */
  static void check(Ranks ranks, Step step) {
    byte[] mine = text(step).getBytes(StandardCharsets.UTF_8);
    byte[][] all = ranks.gather(mine);
    for (int r = 0; r < all.length; r++) {
      if (!Arrays.equals(all[r], mine)) {
        throw new BadInputException(
            Text.format(
                "ranks %d and %d exchange different tensors in %s", ranks.rank(), r, step.name()),
            "the same run file, the same lgc and the same kind of processor on all ranks",
            "compare the machines that the ranks are on");
      }
    }
  }

  private static String text(Step step) {
    return step.calls().stream()
        .filter(CollectiveCall.class::isInstance)
        .map(c -> text((CollectiveCall) c))
        .collect(Collectors.joining("\n", step.name() + "\n", ""));
  }

  private static String text(CollectiveCall call) {
    return call.op() + " " + types(call.from()) + " " + types(call.to());
  }

  private static String types(List<Slot> slots) {
    return slots.stream().map(s -> s.type().toString()).toList().toString();
  }
}
