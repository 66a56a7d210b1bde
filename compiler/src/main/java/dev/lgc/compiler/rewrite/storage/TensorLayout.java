package dev.lgc.compiler.rewrite.storage;

import dev.lgc.dsl.type.Shape;

/**
 * The layout of a stored tensor's elements in memory. A packed matrix has the shape of its panels,
 * so kernels read it like any tensor; whoever reads weights from a file packs them. Artifacts have
 * the layout's number: a new one comes last.
 */
public enum TensorLayout {
  /** As its axes say, the last fastest. */
  ROW_MAJOR,
  /** A matrix [n, k] packed in panels [n / 64, k, 64] of 64 rows each. */
  ROW_PANELS,
  /** A matrix [k, n] packed in panels [n / 64, k, 64] of 64 columns each. */
  COLUMN_PANELS;

  /** Rows or columns of a panel: what one thread computes, four lines of a cache in F32. */
  public static final int PANEL = 64;

  /** The layout in which one axis of a matrix is cut into panels. */
  public static TensorLayout panels(int axis) {
    return axis == 0 ? ROW_PANELS : COLUMN_PANELS;
  }

  /** The shape in memory of a tensor that the model declares with a shape. */
  public Shape stored(Shape declared) {
    return switch (this) {
      case ROW_MAJOR -> declared;
      case ROW_PANELS -> Shape.of(declared.dim(0) / PANEL, declared.dim(1), PANEL);
      case COLUMN_PANELS -> Shape.of(declared.dim(1) / PANEL, declared.dim(0), PANEL);
    };
  }

  /** The shape that the model declares of a tensor that has a shape in memory. */
  public Shape declared(Shape stored) {
    return switch (this) {
      case ROW_MAJOR -> stored;
      case ROW_PANELS -> Shape.of(stored.dim(0) * PANEL, stored.dim(1));
      case COLUMN_PANELS -> Shape.of(stored.dim(1), stored.dim(0) * PANEL);
    };
  }
}
