package dev.lgc.compiler.fuse;

/**
 * Costs of computing each value from memory, with all that is computed on the way: what decides
 * whether several kernels that need it each compute it, or one stores it.
 *
 * <p>In: {@code %2 = sum …, %4 = mul %2 %3, %6 = add %4 %5, %7 = rsqrt %6}, with constants {@code
 * %3} and {@code %5}. Out, for one element of {@code %7}: the work of {@code %4}, {@code %6} and
 * {@code %7}, and one load, that of {@code %2}, since the result of a reduction is at hand.
 */
final class RecomputeCosts {
  /** Enough to be too much, and far from what an int holds. */
  private static final int MOST = 1 << 20;

  private final NodeAnalysis analysis;

  /** By node: the cost of one element, with that of operands that only it uses. */
  private final int[] cost;

  /** By node: elements of memory, or of values that others use too, that one element needs. */
  private final int[] elements;

  /** By node: true if it needs values of memory that are about as large as it is. */
  private final boolean[] loads;

  RecomputeCosts(NodeAnalysis analysis) {
    this.analysis = analysis;
    int n = analysis.graph.nodes().size();
    cost = new int[n];
    elements = new int[n];
    loads = new boolean[n];
    for (int i = 0; i < n; i++) {
      add(i);
    }
  }

  /** Returns true if a node is rather computed in each of several kernels than stored once. */
  boolean isCheapIn(int n, int kernels) {
    InstructionCosts costs = analysis.limits.costs();
    if (analysis.isFoldable(n)) {
      return true;
    }
    return isGeneratable(n)
        ? cost[n] <= costs.write() + costs.read()
        : costs.recompute(cost[n], elements[n], kernels);
  }

  private boolean inMemory(int n) {
    return isOperand(n) && !analysis.isGenerated(n);
  }

  /** Returns true if what is computed from it begins there: it is never substituted. */
  private boolean isOperand(int n) {
    return analysis.isSource(n)
        || analysis.isCollective(n)
        || analysis.isReduction(n)
        || analysis.isContraction(n);
  }

  /** Returns true if loads of one value hardly count beside the elements of another. */
  private boolean isSmall(int n, int beside) {
    return 2 * analysis.elements(n) <= analysis.elements(beside);
  }

  /**
   * Returns true if a value brings about as many elements of memory as another has, unlike a
   * broadcast of few.
   */
  boolean isFull(int n, int beside) {
    if (analysis.isGenerated(n) || isSmall(n, beside) || isGeneratable(n)) {
      return false;
    }
    return !analysis.isMovement(n) || isFull(analysis.node(n).operands().getFirst(), beside);
  }

  /** Returns true if a value can be computed from positions and a few numbers alone. */
  boolean isGeneratable(int n) {
    return !inMemory(n) && !loads[n];
  }

  private void add(int n) {
    if (isOperand(n)) {
      return;
    }
    cost[n] = analysis.cost(n);
    for (int o : analysis.read(n)) {
      if (inMemory(o)) {
        loads[n] |= !isSmall(o, n);
        elements[n] += isSmall(o, n) ? 0 : 1;
        continue;
      }
      loads[n] |= loads[o];
      if (!loads[o] || analysis.consumers(o).size() == 1) {
        cost[n] = Math.min(cost[n] + cost[o], MOST);
        elements[n] = Math.min(elements[n] + elements[o], MOST);
      } else {
        elements[n] += isFull(o, n) ? 1 : 0;
      }
    }
  }
}
