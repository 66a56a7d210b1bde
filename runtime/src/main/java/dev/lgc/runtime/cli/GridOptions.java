package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.report.GridFile;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The number of pictures that are made at once, and the PNG that shows them side by side. */
final class GridOptions {
  @Option(
      names = {"-b", "--batch"},
      paramLabel = "N",
      defaultValue = "8",
      description = "images that are computed at once; 8 by default")
  @Range(min = 1, max = RunConfig.MOST_SAMPLES)
  private int batch;

  @Output
  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE.png",
      description = "the picture to write, with all images side by side")
  private Path out;

  @Option(
      names = "--columns",
      paramLabel = "N",
      defaultValue = "0",
      description = "images in a row; by default chosen to fit")
  @Range(min = 0, max = 10_000)
  private int columns;

  @Option(
      names = "--zoom",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "factor to enlarge pixels by; it is lowered, with a warning, if the picture "
              + "would exceed 33 million pixels")
  @Range(min = 1, max = 1000)
  private int zoom;

  int batch() {
    return batch;
  }

  boolean outGiven() {
    return out != null;
  }

  /**
   * The file of the grid.
   *
   * @param otherwise its name if none was given
   */
  GridFile file(String otherwise) {
    return new GridFile(out == null ? Path.of(otherwise) : out, columns, zoom);
  }
}
