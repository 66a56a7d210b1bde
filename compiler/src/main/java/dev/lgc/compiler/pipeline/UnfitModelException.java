package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.rewrite.Problem;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A model from which something asked for cannot be derived: the user's mistake, with its places.
 */
public final class UnfitModelException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<Problem> problems;

  UnfitModelException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }
}
