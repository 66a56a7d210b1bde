package dev.lgc.dsl.model;

/**
 * A place in an {@code .arch} file that rides down to kernels and reports.
 *
 * @param file display name of the source
 * @param line 1-based
 * @param column 1-based, in UTF-16 units
 */
public record SourcePlace(String file, int line, int column) {
  /** For values that no user wrote. */
  public static final SourcePlace NONE = new SourcePlace("", 0, 0);

  @Override
  public String toString() {
    return file.isEmpty() ? "(derived)" : file + ":" + line + ":" + column;
  }
}
