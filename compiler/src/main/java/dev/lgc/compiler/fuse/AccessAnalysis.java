package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Function;
import dev.lgc.compiler.algorithm.Scalar;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Analysis of the indexes at which a region's members need a node that is none yet, and of what it
 * would cost there. Axes of the region are split where that removes divisions from these indexes.
 *
 * <p>In: a region that computes {@code y[i, j] = x[i, j] * r[i]}, and the node {@code r}. Out: a
 * candidate with the access {@code [i]}, one load, and as many evaluations as {@code y} has
 * elements.
 */
final class AccessAnalysis {
  /** Axes to split for one member, at most: shapes that share no refinement would never end. */
  private static final int SPLITS = 12;

  private final RegionBuilder region;

  private AccessAnalysis(RegionBuilder region) {
    this.region = region;
  }

  /** A node as a candidate for a member; it has no accesses if no member reads it. */
  static MemberBuilder of(RegionBuilder region, int n) {
    AccessAnalysis a = new AccessAnalysis(region);
    for (int attempt = 0; ; attempt++) {
      MemberBuilder m = a.accessed(n);
      if (attempt == SPLITS || !a.splitFor(m)) {
        return m;
      }
    }
  }

  private MemberBuilder accessed(int n) {
    MemberBuilder m = new MemberBuilder();
    Set<List<QuasiAffine>> seen = new LinkedHashSet<>();
    for (int c : region.analysis.consumers(n)) {
      MemberBuilder consumer = region.members.get(c);
      if (consumer == null) {
        continue;
      }
      boolean local = region.isLocal(c, consumer);
      MemberBuilder.Loads found = loaded(c, consumer).get(n);
      int loads = found == null ? 0 : found.count;
      if (found != null) {
        seen.addAll(found.indexes);
      }
      m.loads += loads;
      // The loads are those at all accesses; each is written out as often as it is used.
      int written = local ? 1 : Math.max(1, consumer.uses);
      m.uses += Math.ceilDiv(loads * written, consumer.accesses.size());
      m.depth = Math.max(m.depth, (local ? 0 : consumer.depth) + 1);
      m.evaluations = Math.max(m.evaluations, evaluations(c, consumer, local));
    }
    m.accesses.addAll(seen);
    return m;
  }

  private Map<Integer, MemberBuilder.Loads> loaded(int n, MemberBuilder m) {
    if (m.loaded.isEmpty()) {
      Map<Integer, MemberBuilder.Loads> loaded = new HashMap<>();
      for (List<QuasiAffine> at : m.accesses) {
        Substitution.loads(
            region.value(n, m, at),
            l -> {
              List<QuasiAffine> index = new ArrayList<>(l.index().size());
              for (Scalar i : l.index()) {
                index.add(QuasiAffine.of(i));
              }
              MemberBuilder.Loads of =
                  loaded.computeIfAbsent(l.operand(), x -> new MemberBuilder.Loads());
              of.indexes.add(index);
              of.count++;
            });
      }
      m.loaded = Optional.of(loaded);
    }
    return m.loaded.get();
  }

  private long evaluations(int n, MemberBuilder m, boolean local) {
    long size = local ? region.analysis.elements(n) : m.evaluations;
    for (QuasiAffine l : m.reduction) {
      for (Axis a : IndexAnalysis.axes(List.of(l)).orElseThrow()) {
        size *= a.extent();
      }
    }
    return size;
  }

  /** Splits an axis that an index divides by a divisor of its extent; false if none does. */
  private boolean splitFor(MemberBuilder m) {
    for (List<QuasiAffine> at : m.accesses) {
      for (QuasiAffine l : at) {
        for (int i = 0; i < l.size(); i++) {
          if (l.atom(i) instanceof Scalar.Apply a
              && (a.function() == Function.DIV || a.function() == Function.MOD)
              && a.operands().get(0) instanceof Scalar.AxisIndex x
              && a.operands().get(1) instanceof Scalar.Literal k
              && x.axis().extent() % (int) k.value() == 0
              && !isKeptOver(x.axis())) {
            region.split(x.axis(), (int) k.value());
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Returns true if rows of an axis are kept, so that it cannot be split any more. */
  private boolean isKeptOver(Axis axis) {
    for (MemberBuilder m : region.members.values()) {
      if (m.kept) {
        for (List<QuasiAffine> at : m.accesses) {
          if (IndexAnalysis.axes(at).orElseThrow().contains(axis)) {
            return true;
          }
        }
      }
    }
    return false;
  }
}
