package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Axis;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A {@link Region.Member} under construction, or a candidate for one, with the numbers by which it
 * is decided whether the node may be a member.
 */
final class MemberBuilder {
  /** Distinct indexes at which it is needed, over the region's axes. */
  final List<List<QuasiAffine>> accesses = new ArrayList<>();

  /** For a reduction, its reduction axes in the region's terms. */
  List<QuasiAffine> reduction = List.of();

  /** The index at which it is stored, if it is. */
  Optional<List<QuasiAffine>> storedAt = Optional.empty();

  /** For what is kept for a whole row, the inner axis that the row has. */
  Optional<Axis> scratch = Optional.empty();

  /** True if it must be kept for a whole row, since it is dear and needed again and again. */
  boolean kept;

  /** Loads of it in the members' expressions, as often as they are written out. */
  int uses;

  /** Loads of it by members as they stand. */
  int loads;

  /** Length of the longest chain of substituted members from it to one with a stage. */
  int depth;

  /** Times that one of its expressions is computed. */
  long evaluations;

  /** The loads in its values at all accesses, by node, once they are known. */
  Optional<Map<Integer, Loads>> loaded = Optional.empty();

  /** The loads of one node in a member's values. */
  static final class Loads {
    final Set<List<QuasiAffine>> indexes = new LinkedHashSet<>();
    int count;
  }

  boolean stored() {
    return storedAt.isPresent();
  }

  /** Rewrites every index after a change of the region's axes. */
  void substitute(Substitution s) {
    accesses.replaceAll(s::indexes);
    reduction = s.indexes(reduction);
    storedAt = storedAt.map(s::indexes);
    scratch = Optional.empty();
    loaded = Optional.empty();
  }

  Region.Member build(boolean local) {
    return new Region.Member(accesses, reduction, storedAt, scratch, local, loads);
  }
}
