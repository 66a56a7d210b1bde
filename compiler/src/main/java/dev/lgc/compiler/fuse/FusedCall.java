package dev.lgc.compiler.fuse;

import dev.lgc.compiler.graph.Origin;
import dev.lgc.compiler.kernel.Kernel;
import java.util.List;

/**
 * A kernel and the nodes whose memory it works on.
 *
 * @param kernel before or after clean-up
 * @param bindings per buffer the node whose memory it is; negative for the number of a random
 *     stream, see {@link #stream}
 * @param stored nodes it computes into memory
 * @param origin the most telling {@code .arch} line
 * @param label the ops in it, for reports
 */
public record FusedCall(
    Kernel kernel, List<Integer> bindings, List<Integer> stored, Origin origin, String label)
    implements NodeCall {
  public FusedCall {
    bindings = List.copyOf(bindings);
    stored = List.copyOf(stored);
  }

  @Override
  public int place() {
    return stored.stream().mapToInt(Integer::intValue).min().orElse(Integer.MAX_VALUE);
  }

  /** The binding of a one-element I32 buffer that holds the number of a random stream; and back. */
  public static int stream(int numberOrBinding) {
    return -1 - numberOrBinding;
  }
}
