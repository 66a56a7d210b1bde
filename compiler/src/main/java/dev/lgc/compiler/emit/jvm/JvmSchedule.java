package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Axis;
import java.util.List;
import java.util.Optional;

/** The way a kernel is computed on the JVM: data, chosen for each kernel and machine. */
public sealed interface JvmSchedule {
  /**
   * Plain loops in the order of the axes.
   *
   * @param lanes which positions share a vector
   * @param width lanes of a vector; 1 for scalar code
   * @param grain positions of the lane axis that make one unit, when it is an axis of the space
   * @param sweep an axis of the space that neighbouring units walk along, instead of along the lane
   *     axis: memory that is dense along it is then read line by line
   */
  record Loops(Lanes lanes, int width, int grain, Optional<Axis> sweep) implements JvmSchedule {
    public Loops(Lanes lanes, int width, int grain) {
      this(lanes, width, grain, Optional.empty());
    }
  }

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
      implements JvmSchedule {}

  /**
   * A contraction with few rows, whose other factor is read in place.
   *
   * @param dots whether vectors run along the reduction, and not along columns
   */
  record Rows(boolean dots) implements JvmSchedule {}

  /**
   * A contraction handed to a library.
   *
   * @param call what of the library
   * @param parts calls that make up the kernel, independent of the number of threads
   */
  record Library(String name, String call, int parts) implements JvmSchedule {}

  /** Narrow factors are widened first, and what is then multiplied is F32. */
  record Widened(JvmSchedule of) implements JvmSchedule {}

  /**
   * A split kernel: several kernels at every point of the space, each with a schedule of its own.
   */
  record Split(List<JvmSchedule> parts) implements JvmSchedule {
    public Split {
      parts = List.copyOf(parts);
    }
  }

  /** The positions that share a vector. */
  sealed interface Lanes {
    /**
     * Neighbours on an axis of the space: all stages compute that many points at once. The
     * innermost loop also when scalar.
     */
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
