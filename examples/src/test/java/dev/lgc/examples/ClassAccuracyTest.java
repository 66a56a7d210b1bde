package dev.lgc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lgc.runtime.data.ImageFolder;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.report.NearestNeighbours.Feature;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.train.Pictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
class ClassAccuracyTest {
  private static void picture(Path file, int grey) throws IOException {
    Picture p = new Picture(8, 8);
    for (int i = 0; i < 64; i++) {
      p.set(i % 8, i / 8, grey, grey, grey);
    }
    Files.createDirectories(file.getParent());
    PngGrid.write(p, file);
  }

  private static ImageFolder real(Path folder) throws IOException {
    for (int i = 0; i < 4; i++) {
      picture(folder.resolve("real/dark/" + i + ".png"), 10 * i);
      picture(folder.resolve("real/light/" + i + ".png"), 255 - 10 * i);
    }
    return ImageFolder.open(folder.resolve("real"));
  }

  @Test
  void countsSamplesThatLookLikeTheirClass(@TempDir Path folder) throws IOException {
    Pictures known = new Pictures(real(folder), Optional.of(real(folder)));
    picture(folder.resolve("drawn/dark/0.png"), 40);
    picture(folder.resolve("drawn/dark/1.png"), 220);
    picture(folder.resolve("drawn/light/0.png"), 220);
    picture(folder.resolve("drawn/light/1.png"), 250);
    ClassAccuracy.Result r =
        ClassAccuracy.of(known, ImageFolder.open(folder.resolve("drawn")), 3, Feature.PIXELS);
    assertEquals(new ClassAccuracy.Result(4, 0.75, Optional.of(1.0), 0.5), r);
    assertEquals(
        "4 samples: 0.750 look like their class; of held-out real pictures 1.000; chance is 0.500",
        r.toString());
  }

  @Test
  void refusesClassesThatAreNotKnown(@TempDir Path folder) throws IOException {
    Pictures known = new Pictures(real(folder), Optional.empty());
    picture(folder.resolve("drawn/blue/0.png"), 40);
    ImageFolder drawn = ImageFolder.open(folder.resolve("drawn"));
    assertThrows(
        IllegalArgumentException.class, () -> ClassAccuracy.of(known, drawn, 3, Feature.PIXELS));
  }
}
