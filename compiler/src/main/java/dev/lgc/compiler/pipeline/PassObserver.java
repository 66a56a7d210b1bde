package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.graph.Graph;

/** Is told of each pass over each step's graph; from several threads at once. */
public interface PassObserver {
  /** Looks at nothing. */
  PassObserver NONE = (pass, before, after, nanos) -> {};

  /**
   * A pass is over.
   *
   * @param before the graph it was given, named after its step
   * @param after what it made of it; {@code before} itself where it found nothing to do
   * @param nanos how long it took, in ns; of a pass over all steps together, for all of them
   */
  void passed(Pass pass, Graph before, Graph after, long nanos);
}
