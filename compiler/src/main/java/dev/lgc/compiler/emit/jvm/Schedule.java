package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import java.util.List;
import java.util.Optional;

/** How a kernel is computed on the JVM: data, chosen per kernel and machine. */
public sealed interface Schedule {
  /**
   * Plain loops in the order of the axes.
   *
   * @param lanes which positions share a vector
   * @param width lanes of a vector
   * @param grain positions of the lane axis (when it is a space axis) or points of the space that
   *     make one unit
   */
  record Loops(Lanes lanes, int width, int grain) implements Schedule {}

  /**
   * A contraction in register tiles and cache blocks.
   *
   * @param tileRows rows of a register tile
   * @param tileColumns columns of a register tile
   * @param rows rows of a block
   * @param columns columns of a block
   * @param depth reduction steps of a packed panel
   */
  record Tiled(int tileRows, int tileColumns, int rows, int columns, int depth)
      implements Schedule {}

  /**
   * A contraction with few rows, whose other factor is read in place.
   *
   * @param dots whether vectors run along the reduction, and not along columns
   */
  record Rows(boolean dots) implements Schedule {}

  /**
   * Updates walked once per range of result rows and added where they belong.
   *
   * @param rows of a range
   */
  record Scatter(int rows) implements Schedule {}

  /**
   * A contraction handed to a library.
   *
   * @param call what of the library
   * @param parts calls that make up the kernel, independent of the number of threads
   */
  record Library(String name, String call, int parts) implements Schedule {}

  /** Which positions share a vector. */
  sealed interface Lanes {
    /** Everything is scalar. */
    record None() implements Lanes {}

    /** Neighbours on an axis of the space: all stages compute that many points at once. */
    record Space(Axis axis) implements Lanes {}

    /**
     * One point at a time; each stage has lanes of its own along one of its axes or reduction axes,
     * or none.
     */
    record Inner(List<Optional<Axis>> stages) implements Lanes {
      public Inner {
        stages = List.copyOf(stages);
      }
    }
  }
}
