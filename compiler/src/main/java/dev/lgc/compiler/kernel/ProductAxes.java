package dev.lgc.compiler.kernel;

import dev.lgc.compiler.algorithm.Axis;
import java.util.List;

/**
 * The axes of {@code C[outer, rows, columns] = Σ over depth of A · B}, where A does not depend on
 * the columns and B does not depend on the rows. Columns are the side whose neighbours are
 * neighbours in C, so that vectors of them can be stored.
 *
 * @param outer axes of both factors, or of none, slowest in C first
 * @param rows axes of A only, slowest in C first
 * @param columns axes of B only, slowest in C first
 * @param depth reduction axes, in order
 */
public record ProductAxes(List<Axis> outer, List<Axis> rows, List<Axis> columns, List<Axis> depth) {
  public ProductAxes {
    outer = List.copyOf(outer);
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    depth = List.copyOf(depth);
  }

  /** A computation over such axes. */
  public interface Of {
    ProductAxes axes();

    default List<Axis> outer() {
      return axes().outer;
    }

    default List<Axis> rows() {
      return axes().rows;
    }

    default List<Axis> columns() {
      return axes().columns;
    }

    default List<Axis> depth() {
      return axes().depth;
    }

    default long outerCount() {
      return Axis.positions(outer());
    }

    default long rowCount() {
      return Axis.positions(rows());
    }

    default long columnCount() {
      return Axis.positions(columns());
    }

    default long depthCount() {
      return Axis.positions(depth());
    }
  }

  /** The same with the sides exchanged. */
  ProductAxes swapped() {
    return new ProductAxes(outer, columns, rows, depth);
  }
}
