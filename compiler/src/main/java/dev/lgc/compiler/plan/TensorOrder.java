package dev.lgc.compiler.plan;

import dev.lgc.dsl.type.Shape;

/**
 * How the elements of a stored tensor follow each other in memory. What is in panels has the shape
 * of its panels, so to whatever computes with it nothing is special about it; who reads weights
 * from a file puts them there.
 */
public enum TensorOrder {
  /** As its axes say, the last fastest. */
  ROW_MAJOR,
  /** A matrix [n, k] as panels [n / 64, k, 64] of 64 rows each. */
  ROW_PANELS,
  /** A matrix [k, n] as panels [n / 64, k, 64] of 64 columns each. */
  COLUMN_PANELS;

  /** Rows or columns of a panel: what one thread computes, four lines of a cache in F32. */
  public static final int PANEL = 64;

  /** The order in which one axis of a matrix is cut into panels. */
  public static TensorOrder panels(int axis) {
    return axis == 0 ? ROW_PANELS : COLUMN_PANELS;
  }

  /** The shape in memory of what the model declares with a shape. */
  public Shape held(Shape declared) {
    return switch (this) {
      case ROW_MAJOR -> declared;
      case ROW_PANELS -> Shape.of(declared.dim(0) / PANEL, declared.dim(1), PANEL);
      case COLUMN_PANELS -> Shape.of(declared.dim(1) / PANEL, declared.dim(0), PANEL);
    };
  }

  /** The shape that the model declares of what has a shape in memory. */
  public Shape declared(Shape held) {
    return switch (this) {
      case ROW_MAJOR -> held;
      case ROW_PANELS -> Shape.of(held.dim(0) * PANEL, held.dim(1));
      case COLUMN_PANELS -> Shape.of(held.dim(1), held.dim(0) * PANEL);
    };
  }
}
