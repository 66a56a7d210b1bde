package dev.lgc.runtime.report;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The PNG that shows pictures side by side, as a user asks for it.
 *
 * @param path the file
 * @param columns pictures in a row; 0 for as many as fit
 * @param zoom pixels of a side of the square that shows a pixel, at most
 */
public record GridFile(Path path, int columns, int zoom) {

  /** Pictures in a row; {@code otherwise} if the user does not ask for any number. */
  public int columns(int otherwise) {
    return columns > 0 ? columns : otherwise;
  }

  /**
   * The size of the grid.
   *
   * @param count pictures there are
   * @param side pixels of a side
   * @param otherwise pictures in a row if the user does not ask for any number; 0 for as many as
   *     there are rows
   * @param labelled true if there is text below pictures
   */
  public PngGrid.Fit fit(int count, int side, int otherwise, boolean labelled) {
    return PngGrid.Fit.of(count, side, side, columns(otherwise), zoom, labelled);
  }

  /** A sentence that says what the grid leaves out; empty if it shows all as it was asked to. */
  public Optional<String> leftOut(PngGrid.Fit fit, int count) {
    String limit = Text.format(": it has %,d pixels at most", PngGrid.mostPixels());
    if (fit.pictures() < count) {
      String some = fit.pictures() == 1 ? "picture" : Text.format("%,d pictures", fit.pictures());
      return Optional.of(Text.format("%s shows the first %s of %,d", path, some, count) + limit);
    }
    return fit.zoom() < zoom
        ? Optional.of(
            Text.format("%s is zoomed by %d instead of %d", path, fit.zoom(), zoom) + limit)
        : Optional.empty();
  }

  /**
   * Writes the grid.
   *
   * @param otherwise pictures in a row if the user does not ask for any number
   * @param labels below the pictures; may be empty
   * @return the file
   */
  public Path write(List<Picture> pictures, int otherwise, List<String> labels) throws IOException {
    PngGrid.of(pictures, columns(otherwise)).labels(labels).zoom(zoom).write(path);
    return path;
  }
}
