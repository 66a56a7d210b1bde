package dev.lgc.runtime.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.IdxFiles;
import dev.lgc.runtime.data.ImageReader;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.data.SyntheticPictures;
import java.io.IOException;
import java.io.Reader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.Properties;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class PictureMetricsTest {
  @Test
  void scoresAreThoseOfScikitImage() throws IOException {
    Properties expected = new Properties();
    try (Reader in = Files.newBufferedReader(TestResources.path("report/scores.properties"))) {
      expected.load(in);
    }
    Picture a = load("small");
    Picture b = load("palette_png_read");
    assertEquals(value(expected, "psnr"), PictureMetrics.psnr(a, b), 1e-9);
    assertEquals(
        value(expected, "ssim.uniform"),
        PictureMetrics.ssim(a, b, PictureMetrics.Window.UNIFORM_7),
        1e-9);
    assertEquals(
        value(expected, "ssim.gaussian"),
        PictureMetrics.ssim(a, b, PictureMetrics.Window.GAUSSIAN_11),
        1e-9);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = tensor(arena, a, 1);
      MemorySegment y = tensor(arena, b, 1.05f);
      PictureMetrics.Scores scores = PictureMetrics.asTheReference(y, x, a.height(), a.width());
      assertEquals(value(expected, "reference.psnr"), scores.psnr(), 1e-5);
      assertEquals(value(expected, "reference.ssim"), scores.ssim(), 1e-6);
      MemorySegment z = tensor(arena, b, 1);
      long n = 3L * a.width() * a.height();
      assertEquals(value(expected, "psnr"), PictureMetrics.psnr(x, z, n, 2), 1e-4);
      assertEquals(
          value(expected, "ssim.signed"),
          PictureMetrics.ssim(x, z, a.height(), a.width(), PictureMetrics.Window.UNIFORM_7, 2),
          1e-6);
    }
  }

  @Test
  void aPictureIsInfinitelyLikeItself() {
    Picture a = load("small");
    assertEquals(Double.POSITIVE_INFINITY, PictureMetrics.psnr(a, a));
    assertEquals(1, PictureMetrics.ssim(a, a, PictureMetrics.Window.GAUSSIAN_11), 1e-12);
  }

  @Test
  void neighboursTellDrawnShapesApartWhateverTheirColour() {
    PictureSource.Split split = new SyntheticPictures(600, 32, 3).holdOutEvery(6);
    NearestNeighbours shapes =
        NearestNeighbours.fit(split.train(), NearestNeighbours.Feature.SHAPE, 3);
    double right = shapes.accuracy(split.val());
    assertTrue(right > 0.95, right + " right");
    assertEquals(
        1,
        NearestNeighbours.fit(split.train(), NearestNeighbours.Feature.SHAPE, 1)
            .accuracy(split.train()));
  }

  @Test
  void neighboursReadDigits() {
    PictureSource mnist =
        IdxFiles.open(
            SharedFiles.require("data/mnist-t10k/t10k-images-idx3-ubyte.gz"),
            SharedFiles.require("data/mnist-t10k/t10k-labels-idx1-ubyte.gz"));
    NearestNeighbours pixels =
        NearestNeighbours.fit(mnist.range(0, 1500), NearestNeighbours.Feature.PIXELS, 3);
    double right = pixels.accuracy(mnist.range(9000, 9300));
    assertTrue(right > 0.9, right + " right");
  }

  private static MemorySegment tensor(Arena arena, Picture p, float scale) {
    long n = 3L * p.width() * p.height();
    MemorySegment t = arena.allocate(4 * n, 4);
    Crops.toTensor(p, t, 0);
    for (long i = 0; i < n; i++) {
      t.setAtIndex(ValueLayout.JAVA_FLOAT, i, t.getAtIndex(ValueLayout.JAVA_FLOAT, i) * scale);
    }
    return t;
  }

  private static double value(Properties p, String key) {
    return Double.parseDouble(p.getProperty(key));
  }

  private static Picture load(String name) {
    Picture p = new Picture();
    ImageReader.read(TestResources.path("data/" + name + ".png"), p);
    return p;
  }
}
