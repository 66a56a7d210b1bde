package dev.lgc.compiler.rewrite.storage;

import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The split of a tensor over ranks along one axis. The axis consists of segments, and each rank has
 * an equal part of every segment, in the order of the segments.
 *
 * <pre>
 * an axis of 12 in segments of 8 and 4, two ranks
 *   rank 0    0 1 2 3  8 9
 *   rank 1    4 5 6 7  10 11
 * </pre>
 *
 * <p>Segments are what becomes of packed matrices, such as one of queries, keys and values: a rank
 * has its heads of each.
 *
 * @param segments of the axis of the whole tensor, each a multiple of the ranks
 * @param ranks that have a part each
 */
public record AxisSplit(int axis, List<Integer> segments, int ranks) {
  public AxisSplit {
    segments = List.copyOf(segments);
    for (int s : segments) {
      if (s < 1 || s % ranks != 0) {
        throw new IllegalArgumentException(segments + " over " + ranks + " ranks");
      }
    }
    if (segments.isEmpty() || axis < 0) {
      throw new IllegalArgumentException("axis " + axis + " in " + segments);
    }
  }

  /** A split; empty where ranks cannot have equal parts of a segment. */
  public static Optional<AxisSplit> of(int axis, List<Integer> segments, int ranks) {
    return segments.stream().allMatch(s -> s % ranks == 0)
        ? Optional.of(new AxisSplit(axis, segments, ranks))
        : Optional.empty();
  }

  /** The same split of another tensor's axis. */
  public AxisSplit at(int other) {
    return new AxisSplit(other, segments, ranks);
  }

  /** True if a rank's part is one stretch of the axis. */
  public boolean isContiguous() {
    return segments.size() == 1;
  }

  /** The extent of the axis of the whole tensor. */
  public int extent() {
    return segments.stream().mapToInt(s -> s).sum();
  }

  /** The shape of a rank's part. */
  public Shape local(Shape whole) {
    if (whole.dim(axis) != extent()) {
      throw new IllegalArgumentException(this + " of " + whole);
    }
    return whole.with(axis, extent() / ranks);
  }

  /** The type of a rank's part. */
  public TensorType local(TensorType whole) {
    return whole.withShape(local(whole.shape()));
  }

  /** The split of {@code [start, stop)} of the axis; empty if it cuts a segment. */
  public Optional<AxisSplit> sliced(int start, int stop) {
    List<Integer> inside = new ArrayList<>();
    int at = 0;
    for (int s : segments) {
      if (at >= start && at + s <= stop) {
        inside.add(s);
      } else if (at < stop && at + s > start) {
        return Optional.empty();
      }
      at += s;
    }
    return Optional.of(new AxisSplit(axis, inside, ranks));
  }

  /** The split of a concatenation along the axis with what another split is of. */
  public AxisSplit joined(AxisSplit other) {
    List<Integer> all = new ArrayList<>(segments);
    all.addAll(other.segments);
    return new AxisSplit(axis, all, ranks);
  }

  /**
   * The same split of the tensor in another shape; empty if it is none along one axis there.
   *
   * @param from the whole tensor's shape now
   * @param to its shape then
   */
  public Optional<AxisSplit> reshaped(Shape from, Shape to) {
    long before = product(from, 0, axis);
    long after = product(from, axis + 1, from.rank());
    for (int a = 0; a < to.rank(); a++) {
      if (to.dim(a) > 1 && product(to, 0, a) == before) {
        return along(a, after, product(to, a + 1, to.rank()));
      }
    }
    return Optional.empty();
  }

  /** With segments in units of {@code now} elements instead of {@code then}. */
  private Optional<AxisSplit> along(int other, long then, long now) {
    List<Integer> scaled = new ArrayList<>();
    for (int s : segments) {
      long elements = s * then;
      if (elements % (now * ranks) != 0) {
        return Optional.empty();
      }
      scaled.add(Math.toIntExact(elements / now));
    }
    return Optional.of(new AxisSplit(other, scaled, ranks));
  }

  private static long product(Shape s, int from, int to) {
    long n = 1;
    for (int a = from; a < to; a++) {
      n *= s.dim(a);
    }
    return n;
  }

  /** For dumps: {@code axis 2: 768 + 768 over 4}. */
  @Override
  public String toString() {
    String sum = String.join(" + ", segments.stream().map(String::valueOf).toList());
    return "axis " + axis + ": " + sum + " over " + ranks;
  }
}
