package dev.lgc.compiler.emit.tornado;

import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The way a kernel is computed on an accelerator: data, chosen for each kernel and device. */
public sealed interface DeviceSchedule {
  /**
   * The words that tell this schedule from the others of its kernel on a device: {@code tiles,
   * 16x16 items of 4x4, depth 16}. Tunings keep it, so a change of these words forgets them.
   */
  String text();

  /** Elements of device memory that a call needs for itself, by type. */
  default Map<DType, Long> workspace() {
    return Map.of();
  }

  /**
   * A work-item per point of the space, which runs the stages one after the other.
   *
   * @param items of a work-group
   * @param groups started; each walks over the points that are left
   */
  record Points(int items, int groups) implements DeviceSchedule {
    @Override
    public String text() {
      return Text.format("points, %d items in %d groups", items, groups);
    }
  }

  /**
   * A work-group per point of the space, whose items share the loops of each stage.
   *
   * @param items of a work-group, a power of two
   * @param groups started; each walks over the points that are left
   * @param stages how each is shared
   * @param spilled scratch arrays that are in device memory, a copy per group; others are in local
   *     memory
   * @param workspace for those
   */
  record Group(
      int items, int groups, List<Share> stages, Set<Integer> spilled, Map<DType, Long> workspace)
      implements DeviceSchedule {
    public Group {
      stages = List.copyOf(stages);
      spilled = Collections.unmodifiableSet(new LinkedHashSet<>(spilled));
      workspace = Collections.unmodifiableMap(new LinkedHashMap<>(workspace));
      if (Integer.bitCount(items) != 1) {
        throw new IllegalArgumentException(items + " items");
      }
    }

    @Override
    public String text() {
      return Text.format("a group a point, %d items in %d groups", items, groups);
    }
  }

  /**
   * A contraction in tiles: a work-group computes a tile of the result, a register tile per item,
   * from tiles of the factors that it brings to local memory.
   *
   * @param itemRows items along the rows
   * @param itemColumns items along the columns
   * @param rows of an item's tile
   * @param columns of an item's tile
   * @param depth of the factors' tiles
   * @param parts into which the sum is divided (split-K), each in a group of its own; they are
   *     added by a task of their own when there are several
   * @param elements of the result
   */
  record Tiled(
      int itemRows, int itemColumns, int rows, int columns, int depth, int parts, long elements)
      implements DeviceSchedule {
    int items() {
      return itemRows * itemColumns;
    }

    int tileRows() {
      return itemRows * rows;
    }

    int tileColumns() {
      return itemColumns * columns;
    }

    /** The same tiles, the sum divided otherwise. */
    Tiled inParts(int n) {
      return new Tiled(itemRows, itemColumns, rows, columns, depth, n, elements);
    }

    /** Bytes of local memory: neighbours of a row are kept apart by one. */
    int localBytes() {
      return 4 * depth * (tileRows() + tileColumns() + 2);
    }

    /** Returns true if the items of a group, taking turns, fill both tiles exactly. */
    boolean fills() {
      return isFilled(tileRows()) && isFilled(tileColumns());
    }

    private boolean isFilled(int side) {
      return items() % side == 0 && items() % depth == 0 && side * depth % items() == 0;
    }

    @Override
    public String text() {
      String sum = parts == 1 ? "" : Text.format(", %d parts", parts);
      return Text.format(
          "tiles, %dx%d items of %dx%d, depth %d%s",
          itemRows, itemColumns, rows, columns, depth, sum);
    }

    @Override
    public Map<DType, Long> workspace() {
      return parts == 1 ? Map.of() : Map.of(DType.F32, parts * elements);
    }
  }

  /**
   * A contraction of few rows: a work-group computes some columns of all of them; the items of a
   * column share the sum, and end in a tree.
   *
   * @param columns of a group at once, a power of two
   * @param lanes items of a column, a power of two
   * @param each columns of an item, {@code columns} apart: what is loaded of the rows serves all of
   *     them
   * @param alongDepth whether neighbouring items are neighbours in the sum, rather than columns
   */
  record Rows(int columns, int lanes, int each, boolean alongDepth) implements DeviceSchedule {
    int items() {
      return columns * lanes;
    }

    /** Columns of a group. */
    int groupColumns() {
      return columns * each;
    }

    @Override
    public String text() {
      String along = alongDepth ? "the sum" : "the columns";
      String several = each == 1 ? "" : Text.format(", %d columns an item", each);
      return Text.format("rows, %d columns of %d lanes along %s%s", columns, lanes, along, several);
    }
  }

  /**
   * A {@link dev.lgc.compiler.kernel.SegmentedSum}: a first task links the positions of each label,
   * an item per row and per position; in a second one, a work-item per point visits its own.
   *
   * @param items of a work-group
   * @param rows labels that there are
   * @param positions that have one
   */
  record Segments(int items, int rows, int positions) implements DeviceSchedule {
    @Override
    public String text() {
      return Text.format("lists, groups of %d items", items);
    }

    @Override
    public Map<DType, Long> workspace() {
      return Map.of(DType.I32, (long) rows + positions);
    }
  }

  /** The share of a stage that the items of a group compute. */
  enum Share {
    /** Every item computes the same. */
    EVERY,
    /** The first item does it. */
    ONE,
    /** Each item computes some positions of the stage's axes. */
    AXES,
    /** Of a product of matrices, each item computes some blocks, from registers. */
    BLOCKS,
    /** Each item reduces some positions of the only result; then those are reduced in a tree. */
    TOGETHER,
    /**
     * The items are dealt to the positions of the axes, several to each, which share its reduction
     * and end in a tree.
     */
    SPLIT
  }
}
