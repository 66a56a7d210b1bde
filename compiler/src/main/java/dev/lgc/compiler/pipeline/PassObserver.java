package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Verifier;
import java.util.List;

/** Is told of each pass over each step's graph; from several threads at once. */
public interface PassObserver {
  /** Looks at nothing. */
  PassObserver NONE = (pass, before, after, nanos) -> {};

  /**
   * A pass is over.
   *
   * @param before the graph it was given, named after its step
   * @param after what it made of it; equal to {@code before} where it found nothing to do
   * @param nanos how long it took, in ns; of a pass over all steps of a plan together, for all of
   *     them with the first, and 0 with the others
   */
  void passed(Pass pass, Graph before, Graph after, long nanos);

  /**
   * The same, after verifying what the pass left.
   *
   * @throws IllegalStateException from {@link #passed}, if that is no sound graph
   */
  default PassObserver verifying() {
    return (pass, before, after, nanos) -> {
      List<String> problems = Verifier.problems(after);
      if (!problems.isEmpty()) {
        throw new IllegalStateException(pass.name() + " left " + after.name() + ": " + problems);
      }
      passed(pass, before, after, nanos);
    };
  }
}
