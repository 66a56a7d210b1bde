package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Expressions;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The conditions under which a node may be a member of a region that is not stored: its expression
 * stays small, it is not computed again too often, and a contraction's loads stay affine.
 *
 * <p>In: the region of {@code y = x * broadcast(r)} and the node {@code r = rsqrt(s)}. Out: {@code
 * r} as a member with the access {@code [i]}; nothing, were {@code r} dear and needed once for each
 * element of {@code y} with no row to compute it for.
 */
final class Admission {
  private final NodeAnalysis analysis;
  private final FusionLimits limits;
  private final Memberships memberships;

  Admission(NodeAnalysis analysis, Memberships memberships) {
    this.analysis = analysis;
    this.limits = analysis.limits;
    this.memberships = memberships;
  }

  /** A node without reduction as part of a region, if that is legal and sensible. */
  Optional<MemberBuilder> elementwise(int n, RegionBuilder r) {
    if (r.isFull(n) || memberships.isLoading(n, r)) {
      return Optional.empty();
    }
    MemberBuilder m = AccessAnalysis.of(r, n);
    if (m.accesses.isEmpty() || m.uses > limits.maxUses() || m.depth > limits.maxDepth()) {
      return Optional.empty();
    }
    if (r.contraction) {
      boolean folds = analysis.isFoldable(n) && m.accesses.size() == 1 && isFoldable(n, r, m);
      // What each element is used for often is widened once, by a kernel of its own.
      boolean seldom =
          !analysis.widens(n) || m.evaluations <= limits.maxWidenings() * analysis.elements(n);
      return folds && seldom ? Optional.of(m) : Optional.empty();
    }
    int cost = analysis.cost(n);
    for (List<QuasiAffine> at : m.accesses) {
      if (cost > 2 && IndexAnalysis.axes(at).isEmpty()) {
        return Optional.empty();
      }
    }
    // Computed again and again for each element, unless once per row.
    boolean repeated = m.evaluations >= 2 * analysis.elements(n);
    if (analysis.isDear(n) && repeated && !r.isLocal(n, m) && !RowReuse.canHoist(r, n, m)) {
      return keptForARow(n, r, m);
    }
    return Optional.of(m);
  }

  /** Products of a row's vector as part of a region: kept for the time of the row. */
  Optional<MemberBuilder> batchedGemv(int n, RegionBuilder r) {
    if (!hasRoomForReduction(n, r)) {
      return Optional.empty();
    }
    MemberBuilder m = AccessAnalysis.of(r, n);
    return m.accesses.isEmpty() ? Optional.empty() : keptForARow(n, r, m);
  }

  /** A reduction as a local of a region: its result must be the same for a whole row of it. */
  Optional<MemberBuilder> reduction(int n, RegionBuilder r) {
    return hasRoomForReduction(n, r) ? oncePerRow(n, r, AccessAnalysis.of(r, n)) : Optional.empty();
  }

  /** A reduction that no member reads, beside a stored one of the same shape. */
  Optional<MemberBuilder> siblingReduction(int n, RegionBuilder r) {
    return hasRoomForReduction(n, r)
        ? sibling(n, r).flatMap(m -> oncePerRow(n, r, m))
        : Optional.empty();
  }

  /** A node that no member reads, beside a stored one of the same shape. */
  Optional<MemberBuilder> sibling(int n, RegionBuilder r) {
    for (int s : r.members.keySet()) {
      MemberBuilder other = r.members.get(s);
      boolean alike =
          other.stored()
              && analysis.isReduction(s) == analysis.isReduction(n)
              && analysis.node(s).type().shape().equals(analysis.node(n).type().shape());
      if (alike && (!analysis.isReduction(n) || r.row.isPresent())) {
        MemberBuilder m = new MemberBuilder();
        m.accesses.add(other.storedAt.orElseThrow());
        return Optional.of(m);
      }
    }
    return Optional.empty();
  }

  /**
   * Makes a region run over rows, if that leaves enough to do in parallel.
   *
   * @param rows how many there are
   * @param length positions of a reduction in each
   */
  boolean runOverRows(RegionBuilder r, Set<Axis> axes, long rows, long length) {
    long all = Axis.positions(r.outer);
    if (rows < limits.minRows() && Math.max(all, rows * length) > limits.smallElements()) {
      return false;
    }
    for (MemberBuilder other : r.members.values()) {
      if (other.stored()
          && !IndexAnalysis.axes(other.storedAt.orElseThrow()).orElseThrow().containsAll(axes)) {
        return false;
      }
    }
    r.row = Optional.of(axes);
    if (!recount(r)) {
      r.row = Optional.empty();
      recount(r);
      return false;
    }
    return true;
  }

  /** Counts uses again after the region's axes changed their roles; false if there are too many. */
  private boolean recount(RegionBuilder r) {
    boolean fine = true;
    for (int n : r.members.descendingKeySet()) {
      MemberBuilder m = r.members.get(n);
      MemberBuilder again = AccessAnalysis.of(r, n);
      m.uses = again.uses;
      m.depth = again.depth;
      fine &= m.uses <= limits.maxUses() && m.depth <= limits.maxDepth();
    }
    return fine;
  }

  private Optional<MemberBuilder> keptForARow(int n, RegionBuilder r, MemberBuilder m) {
    m.kept = RowReuse.canKeep(r, n, m);
    return m.kept ? Optional.of(m) : Optional.empty();
  }

  private boolean hasRoomForReduction(int n, RegionBuilder r) {
    return !r.contraction && !r.isFull(n) && r.reductions() < limits.maxReductions();
  }

  private Optional<MemberBuilder> oncePerRow(int n, RegionBuilder r, MemberBuilder m) {
    if (m.accesses.size() != 1) {
      return Optional.empty();
    }
    List<QuasiAffine> at = m.accesses.getFirst();
    Optional<Set<Axis>> axes = IndexAnalysis.axes(at);
    if (axes.isEmpty()
        || !r.outer.containsAll(axes.get())
        || !IndexAnalysis.isBijection(analysis, n, at)) {
      return Optional.empty();
    }
    boolean same =
        r.row.isPresent()
            ? r.row.equals(axes)
            : runOverRows(
                r,
                axes.get(),
                analysis.elements(n),
                Axis.positions(analysis.algorithm(n).reduction()));
    return same ? Optional.of(m) : Optional.empty();
  }

  /** Returns true if the contraction's loads stay affine when it reads through {@code n}. */
  private boolean isFoldable(int n, RegionBuilder r, MemberBuilder m) {
    Scalar.Load l = Expressions.loadsOf(r.value(n, m, m.accesses.getFirst())).getFirst();
    boolean before = analysis.linear(n, m.accesses.getFirst()).isAffine();
    return !before
        || analysis
            .linear(l.operand(), l.index().stream().map(QuasiAffine::of).toList())
            .isAffine();
  }
}
