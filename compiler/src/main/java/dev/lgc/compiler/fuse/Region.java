package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.KernelDump;
import dev.lgc.dsl.text.Text;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Nodes that one kernel computes, and how: which of them it stores, which it keeps in a local or in
 * scratch, and at which indexes each is needed. Every other member is substituted where it is used.
 *
 * @param contraction whether the kernel is a product or convolution, with little beside it
 * @param outer axes that enumerate the elements of stored members, outermost first
 * @param row the axes that the kernel runs over in parallel, where these are not all outer axes:
 *     those of the results of its reductions
 * @param updated for a dynamic update in place: the index at which its update is read
 * @param members by node
 */
record Region(
    boolean contraction,
    List<Axis> outer,
    Optional<Set<Axis>> row,
    Optional<List<QuasiAffine>> updated,
    SortedMap<Integer, Member> members) {
  Region {
    outer = List.copyOf(outer);
    row = row.map(r -> Collections.unmodifiableSet(new LinkedHashSet<>(r)));
    updated = updated.map(List::copyOf);
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
  }

  /**
   * A node in the region.
   *
   * @param accesses distinct indexes at which it is needed, over the region's axes
   * @param reduction for a reduction, its reduction axes in the region's terms
   * @param storedAt for a stored member, the index at which it is stored: it visits every element
   *     once
   * @param scratch for a member that is kept for a whole row, the inner axis that the row has
   * @param local whether a stage of its own computes it, so that its expression is written once
   * @param loads loads of it by members as they stand
   */
  record Member(
      List<List<QuasiAffine>> accesses,
      List<QuasiAffine> reduction,
      Optional<List<QuasiAffine>> storedAt,
      Optional<Axis> scratch,
      boolean local,
      int loads) {
    Member {
      List<List<QuasiAffine>> copies = new ArrayList<>(accesses.size());
      for (List<QuasiAffine> at : accesses) {
        copies.add(List.copyOf(at));
      }
      accesses = List.copyOf(copies);
      reduction = List.copyOf(reduction);
      storedAt = storedAt.map(List::copyOf);
    }

    /** The member as text: {@code [a0, a1] over [a3]: local}. */
    @Override
    public String toString() {
      String at = accesses.stream().map(Region::index).collect(Collectors.joining(" and "));
      String over = reduction.isEmpty() ? "" : " over " + index(reduction);
      String how =
          storedAt
              .map(s -> accesses.contains(s) ? "stored" : "stored at " + index(s))
              .or(() -> scratch.map(a -> "scratch of " + axes(List.of(a))))
              .orElse(local ? "local" : "substituted");
      return at + over + ": " + how;
    }

    /** Returns true if the kernel stores it in memory. */
    boolean stored() {
      return storedAt.isPresent();
    }
  }

  /** Returns true for an axis that the kernel runs over in parallel. */
  boolean isSpace(Axis a) {
    return row.isPresent() ? row.get().contains(a) : outer.contains(a);
  }

  /** The value of a member at an index over the region's axes, loads naming nodes. */
  Scalar value(NodeAnalysis analysis, int n, Member m, List<QuasiAffine> at) {
    return updated.isPresent() && m.stored()
        ? analysis.load(analysis.node(n).operands().get(1), updated.get())
        : analysis.value(n, at, m.reduction());
  }

  /** The inner axis that runs over a row at an access. */
  Axis rowAxis(List<QuasiAffine> at) {
    for (Axis a : IndexAnalysis.axes(at).orElseThrow()) {
      if (!isSpace(a)) {
        return a;
      }
    }
    throw new IllegalStateException("no row in " + at);
  }

  /** The region as text: its axes, and a line for each member, {@code %2 [a0] over [a3]: local}. */
  @Override
  public String toString() {
    StringBuilder s = new StringBuilder("region over ");
    List<Axis> space = outer.stream().filter(this::isSpace).toList();
    s.append(space.isEmpty() ? "one point" : axes(space));
    if (space.size() < outer.size()) {
      s.append(", rows of ").append(axes(outer.stream().filter(a -> !isSpace(a)).toList()));
    }
    s.append('\n');
    members.forEach((n, m) -> s.append(Text.format("  %%%-3d %s%n", n, m)));
    return s.toString();
  }

  private static String axes(List<Axis> axes) {
    return axes.stream()
        .map(a -> "a" + a.number() + " < " + a.extent())
        .collect(Collectors.joining(", "));
  }

  private static String index(List<QuasiAffine> at) {
    return at.stream()
        .map(l -> KernelDump.scalar(l.toScalar()))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
