package dev.lgc.compiler.rewrite;

import java.util.Optional;

/**
 * The axes along which a value of a generator's full-sequence graph has rows (samples) and
 * positions. Positions count codes: the first code stands at 0, what precedes it at negative
 * positions.
 *
 * @param fixed the same for every sample: it depends on no input; then there are no rows and no
 *     positions
 * @param rows the axis of samples, -1 if none is known
 * @param seq the axis of positions, -1 if the value does not depend on codes
 * @param start the position that index 0 of {@code seq} stands for
 */
record SequenceAxes(boolean fixed, int rows, int seq, int start) {
  static final SequenceAxes FIXED = new SequenceAxes(true, -1, -1, 0);

  static SequenceAxes of(int rows, int seq, int start) {
    return new SequenceAxes(false, rows, seq, seq < 0 ? 0 : start);
  }

  /** Varies from sample to sample but not with the codes. */
  boolean condition() {
    return !fixed && seq < 0;
  }

  /** The axes of a value made from both; empty if they disagree. */
  Optional<SequenceAxes> join(SequenceAxes o) {
    if (fixed) {
      return Optional.of(o);
    }
    if (o.fixed) {
      return Optional.of(this);
    }
    boolean rowsAgree = rows < 0 || o.rows < 0 || rows == o.rows;
    boolean seqAgree = seq < 0 || o.seq < 0 || (seq == o.seq && start == o.start);
    if (!rowsAgree || !seqAgree) {
      return Optional.empty();
    }
    return Optional.of(
        of(Math.max(rows, o.rows), Math.max(seq, o.seq), seq >= 0 ? start : o.start));
  }

  /** With other axes. */
  SequenceAxes at(int newRows, int newSeq) {
    return fixed ? this : of(newRows, newSeq, start);
  }
}
