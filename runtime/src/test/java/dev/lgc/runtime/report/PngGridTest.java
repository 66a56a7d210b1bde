package dev.lgc.runtime.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.data.Picture;
import java.awt.image.BufferedImage;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Grids of any number of pictures of any size, zoomed as anybody likes. */
@Tag("pure")
final class PngGridTest {
  private static long pixels(PngGrid.Fit f, int width, int height) {
    long rows = Math.ceilDiv((long) f.pictures(), f.columns());
    return Math.multiplyExact(
        f.columns() * ((long) f.zoom() * width), rows * ((long) f.zoom() * height));
  }

  @Test
  void aGridIsNeverLargerThanItsBound() {
    Random random = new Fuzz("grids").random();
    for (int i = 0; i < 2000; i++) {
      int count = 1 + (int) Math.exp(random.nextDouble() * 20);
      int width = 1 + (int) Math.exp(random.nextDouble() * 9);
      int height = 1 + (int) Math.exp(random.nextDouble() * 9);
      int columns = random.nextBoolean() ? 0 : 1 + random.nextInt(20_000);
      int zoom = 1 + (int) Math.exp(random.nextDouble() * 8);
      PngGrid.Fit f = PngGrid.Fit.of(count, width, height, columns, zoom, random.nextBoolean());
      String what = count + " of " + width + "x" + height + ", zoom " + zoom + ": " + f;
      assertTrue(f.pictures() >= 1 && f.pictures() <= count, what);
      assertTrue(f.zoom() >= 1 && f.zoom() <= zoom, what);
      assertTrue(f.columns() >= 1 && f.columns() <= f.pictures(), what);
      boolean alone = f.pictures() == 1 && f.zoom() == 1;
      assertTrue(alone || pixels(f, width, height) <= PngGrid.mostPixels(), what);
    }
  }

  @Test
  void itZoomsLessBeforeItLeavesPicturesOut() {
    assertEquals(new PngGrid.Fit(9, 3, 5), PngGrid.Fit.of(9, 32, 32, 0, 5, true));
    PngGrid.Fit less = PngGrid.Fit.of(9, 32, 32, 0, 1000, true);
    assertEquals(9, less.pictures());
    assertTrue(less.zoom() > 1 && less.zoom() < 1000, less.toString());
    PngGrid.Fit fewer = PngGrid.Fit.of(50_000, 256, 256, 0, 3, true);
    assertTrue(fewer.pictures() > 1 && fewer.pictures() < 50_000, fewer.toString());
    assertEquals(1, fewer.zoom());
    assertEquals(1, PngGrid.Fit.of(3, 100_000, 100_000, 0, 2, false).pictures());
  }

  @Test
  void whatIsDrawnIsWhatFits() {
    List<Picture> many = Collections.nCopies(40, new Picture(1000, 1000));
    PngGrid grid = PngGrid.of(many, 0).zoom(64).labels(Collections.nCopies(40, "a"));
    PngGrid.Fit fit = grid.fit();
    assertTrue(fit.pictures() < 40 && fit.zoom() == 1, fit.toString());
    BufferedImage image = grid.render();
    assertTrue((long) image.getWidth() * image.getHeight() <= PngGrid.mostPixels());
    assertEquals(fit.columns() * 1002 + 2, image.getWidth());
  }
}
