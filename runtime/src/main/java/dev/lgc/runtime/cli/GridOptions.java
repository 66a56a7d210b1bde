package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** How many pictures are made at once, and the PNG that shows them side by side. */
final class GridOptions {
  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "8",
      description = "pictures made at once; 8 by default")
  @Range(min = 1, max = RunConfig.MOST_SAMPLES)
  private int batch;

  @Output
  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE.png",
      description = "the picture that is written")
  private Path out;

  @Option(
      names = "--columns",
      paramLabel = "N",
      defaultValue = "0",
      description = "pictures in a row; chosen to suit by default")
  @Range(min = 0, max = 10_000)
  private int columns;

  @Option(
      names = "--zoom",
      paramLabel = "N",
      defaultValue = "1",
      description = "show pixels larger")
  @Range(min = 1, max = 64)
  private int zoom;

  int batch() {
    return batch;
  }

  boolean outGiven() {
    return out != null;
  }

  /** Pictures in a row; {@code otherwise} if nothing else is asked for. */
  int columns(int otherwise) {
    return columns > 0 ? columns : otherwise;
  }

  /**
   * Writes the grid.
   *
   * @param labels below the pictures; may be empty
   * @param name of the file if none was given
   * @return the file
   */
  Path write(List<Picture> pictures, int columns, List<String> labels, String name)
      throws IOException {
    Path file = out == null ? Path.of(name) : out;
    PngGrid.of(pictures, columns).labels(labels).zoom(zoom).write(file);
    return file;
  }
}
