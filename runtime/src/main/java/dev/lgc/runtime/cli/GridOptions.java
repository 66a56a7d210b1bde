package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How many pictures are made at once, and the PNG that shows them side by side. */
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

  /** Pictures in a row; {@code otherwise} if nothing else is asked for. */
  int columns(int otherwise) {
    return columns > 0 ? columns : otherwise;
  }

  /** The file of the grid; {@code otherwise} if none was given. */
  Path file(String otherwise) {
    return out == null ? Path.of(otherwise) : out;
  }

  /**
   * How pictures are shown.
   *
   * @param count how many there are
   * @param side pixels of a side
   * @param columns in a row if nothing else is asked for; 0 for as many as there are rows
   */
  PngGrid.Fit fit(int count, int side, int columns, boolean labelled) {
    return PngGrid.Fit.of(count, side, side, columns(columns), zoom, labelled);
  }

  /** Says what the grid leaves out, if it does. */
  Optional<String> leftOut(PngGrid.Fit fit, int count, String name) {
    String limit = Text.format(": it has %,d pixels at most", PngGrid.mostPixels());
    if (fit.pictures() < count) {
      String some = fit.pictures() == 1 ? "picture" : Text.format("%,d pictures", fit.pictures());
      return Optional.of(
          Text.format("%s shows the first %s of %,d", file(name), some, count) + limit);
    }
    return fit.zoom() < zoom
        ? Optional.of(
            Text.format("%s is zoomed by %d instead of %d", file(name), fit.zoom(), zoom) + limit)
        : Optional.empty();
  }

  /**
   * Writes the grid.
   *
   * @param columns in a row if nothing else is asked for
   * @param labels below the pictures; may be empty
   * @param name of the file if none was given
   * @return the file
   */
  Path write(List<Picture> pictures, int columns, List<String> labels, String name)
      throws IOException {
    PngGrid.of(pictures, columns(columns)).labels(labels).zoom(zoom).write(file(name));
    return file(name);
  }
}
