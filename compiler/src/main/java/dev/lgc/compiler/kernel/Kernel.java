package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import java.util.List;
import java.util.stream.Stream;

/**
 * A computation that a device runs as one. See the package for its meaning.
 *
 * @param name short and descriptive, for dumps and profiles ({@code norm_mul}, {@code
 *     contract_bsi_oi}); not part of identity
 * @param buffers formal parameters
 * @param space parallel loops, outermost first; may be empty (one point)
 * @param stages run in order at every point
 */
public record Kernel(String name, List<Buffer> buffers, List<Axis> space, List<Stage> stages) {
  public Kernel {
    buffers = List.copyOf(buffers);
    space = List.copyOf(space);
    stages = List.copyOf(stages);
  }

  /** A number above those of all its axes. */
  public int freeAxis() {
    Stream<Axis> loops =
        stages.stream().flatMap(s -> Stream.concat(s.axes().stream(), s.reduction().stream()));
    return Stream.concat(space.stream(), loops).mapToInt(a -> a.number() + 1).max().orElse(0);
  }
}
