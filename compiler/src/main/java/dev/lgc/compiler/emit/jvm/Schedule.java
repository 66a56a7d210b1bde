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
   * @param grain positions of the lane axis (when it is a space axis) or points of the space that make one unit
   */
  record Loops(Lanes lanes, int width, int grain) implements Schedule {}

  /**
   * A contraction tiled into registers.
   *
   * @param rows rows of a register tile
   * @param columns columns of a register tile
   * @param depth reduction steps of a packed panel
   */
  record Tiled(ContractionShape shape, int rows, int columns, int depth) implements Schedule {}

  /** A contraction handed to a library. */
  record Library(String name, ContractionShape shape) implements Schedule {}

  /** Which positions share a vector. */
  sealed interface Lanes {
    /** Everything is scalar. */
    record None() implements Lanes {}

    /** Neighbours on an axis of the space: all stages compute that many points at once. */
    record Space(Axis axis) implements Lanes {}

    /** One point at a time; each stage has lanes of its own along one of its axes or reduction axes, or none. */
    record Inner(List<Optional<Axis>> stages) implements Lanes {
      public Inner {
        stages = List.copyOf(stages);
      }
    }
  }
}
