package dev.lgc.compiler.emit.jvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The stretches of memory, each as long as a vector, that hold the elements of all lanes, and the
 * place of each lane's element in them.
 *
 * @param starts of the windows, in elements from the first lane's, ascending
 * @param bits elements of the one window that may be read; all, if there are several
 * @param window which each lane's element is in; -1 for a lane that does not count
 * @param place where in its window it is
 */
record GatherWindows(List<Long> starts, long bits, List<Integer> window, List<Integer> place) {
  /** More windows than this are no better than element by element. */
  private static final int MOST = 4;

  GatherWindows {
    starts = List.copyOf(starts);
    window = List.copyOf(window);
    place = List.copyOf(place);
  }

  /**
   * The fewest windows, if they are few.
   *
   * @param at how the lanes' elements lie
   * @param active the lanes that count, one at least, as bits; only their elements are there
   * @param elements of the memory they are in
   */
  static Optional<GatherWindows> of(LanePattern at, long active, long elements) {
    int width = at.width();
    TreeSet<Long> wanted = new TreeSet<>();
    for (int l = 0; l < width; l++) {
      if ((active >> l & 1) != 0) {
        wanted.add(at.offset(l));
      }
    }
    List<Long> starts = tight(wanted, width);
    long span = wanted.last() - wanted.first() + 1;
    long bits = Lane.first((int) Math.min(span, width));
    // Windows at multiples of the width are in memory as a whole, and others can use them too.
    if (at.isKnown(width) && elements % width == 0) {
      List<Long> aligned = aligned(wanted, at.residue(), width);
      if (aligned.size() <= starts.size()) {
        starts = aligned;
        bits = Lane.first(width);
      }
    }
    if (starts.size() > Math.min(MOST, width / 2)) {
      return Optional.empty();
    }
    List<Integer> window = new ArrayList<>();
    List<Integer> place = new ArrayList<>();
    for (int l = 0; l < width; l++) {
      int in = (active >> l & 1) == 0 ? -1 : starts.size() - 1;
      while (in > 0 && starts.get(in) > at.offset(l)) {
        in--;
      }
      window.add(in);
      place.add(in < 0 ? 0 : Math.toIntExact(at.offset(l) - starts.get(in)));
    }
    return Optional.of(new GatherWindows(starts, bits, window, place));
  }

  /** From one that is wanted to the next that is not in a window; none ends after the last. */
  private static List<Long> tight(TreeSet<Long> wanted, int width) {
    List<Long> starts = new ArrayList<>();
    long latest = Math.max(wanted.first(), wanted.last() - width + 1);
    Long next = wanted.first();
    while (next != null) {
      starts.add(Math.min(next, latest));
      next = wanted.ceiling(starts.getLast() + width);
    }
    return starts;
  }

  private static List<Long> aligned(TreeSet<Long> wanted, long residue, int width) {
    return wanted.stream()
        .map(o -> Math.floorDiv(residue + o, width) * (long) width - residue)
        .distinct()
        .toList();
  }

  /**
   * Returns true if there is one window, and all of it is in memory wherever the first lane's
   * element is.
   */
  boolean isWithinMemory(LanePattern at, long elements) {
    int width = at.width();
    return starts.size() == 1
        && at.isKnown(width)
        && elements % width == 0
        && Math.floorMod(at.residue() + starts.getFirst(), width) == 0;
  }

  /** The lanes whose elements are in a window, as bits. */
  long lanes(int number) {
    long lanes = 0;
    for (int l = 0; l < window.size(); l++) {
      lanes |= window.get(l) == number ? 1L << l : 0;
    }
    return lanes;
  }

  /** By lane, the element of a window that it gets; any, if its own is in another. */
  List<Integer> places(int number) {
    List<Integer> from = new ArrayList<>();
    for (int l = 0; l < window.size(); l++) {
      from.add(window.get(l) == number ? place.get(l) : 0);
    }
    return from;
  }

  /** Returns true if the lanes of a window are in its order. */
  boolean isInOrder(int number) {
    for (int l = 0; l < window.size(); l++) {
      if (window.get(l) == number && place.get(l) != l) {
        return false;
      }
    }
    return true;
  }

  /** The first element that is wanted, counted from the first lane's. */
  long first() {
    return element(true);
  }

  long last() {
    return element(false);
  }

  private long element(boolean first) {
    long found = first ? Long.MAX_VALUE : Long.MIN_VALUE;
    for (int l = 0; l < window.size(); l++) {
      if (window.get(l) >= 0) {
        long e = starts.get(window.get(l)) + place.get(l);
        found = first ? Math.min(found, e) : Math.max(found, e);
      }
    }
    return found;
  }
}
