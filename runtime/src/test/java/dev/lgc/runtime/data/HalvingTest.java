package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Photos that are made smaller as they are read. */
@Tag("pure")
class HalvingTest {
  @ParameterizedTest
  @CsvSource({"wide, 8", "wide, 37", "tall, 8", "tall, 18", "tall, 37"})
  void cropsOfAHalvedPictureAreThoseOfTheWholeToTheBit(String name, int side) {
    Picture whole = CropsTest.load(name);
    Picture halved = Picture.forCrops(side);
    ImageReader.read(TestResources.path("data/" + name + ".png"), halved);
    assertSameCrops(whole, halved, side);
  }

  @Test
  void soAreThoseOfPhotosOfAnySize(@TempDir Path folder) throws IOException {
    long seed = Long.getLong("lgc.test.seed", System.nanoTime());
    System.out.println("seed " + seed + " (-Dlgc.test.seed=" + seed + ")");
    Random random = new Random(seed);
    for (int i = 0; i < 20; i++) {
      Path photo = folder.resolve(i + ".jpg");
      photo(photo, 1 + random.nextInt(700), 1 + random.nextInt(700), random.nextBoolean());
      int side = 1 + random.nextInt(60);
      Picture whole = new Picture();
      ImageReader.read(photo, whole);
      Picture halved = Picture.forCrops(side);
      ImageReader.read(photo, halved);
      int shorter = Math.min(halved.width(), halved.height());
      assertTrue(shorter < 2 * side, shorter + " for " + side);
      assertSameCrops(whole, halved, side);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPhotoOfTwelveMegapixelsTakesLittleOfTheHeap(boolean progressive, @TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("photo.JPEG");
    photo(file, 4000, 3000, progressive);
    Picture p = Picture.forCrops(256);
    long before = allocated();
    ImageReader.read(file, p);
    assertTrue(allocated() - before < 24 << 20, "bytes " + (allocated() - before));
    assertEquals(500, p.width());
    assertEquals(375, p.height());
  }

  private static void assertSameCrops(Picture whole, Picture halved, int side) {
    Crops crops = new Crops();
    Picture expected = new Picture();
    Picture crop = new Picture();
    crops.center(whole, side, expected);
    crops.center(halved, side, crop);
    assertEquals(expected, crop, whole + " to " + side);
    int smaller = (int) (side * 0.8);
    if (smaller > 0) {
      crops.random(whole, smaller, 0.8, 1, 5, expected);
      crops.random(halved, smaller, 0.8, 1, 5, crop);
      assertEquals(expected, crop, whole + " to a random " + smaller);
    }
  }

  private static void photo(Path file, int width, int height, boolean progressive)
      throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    byte[] samples = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (byte) ((i % (3 * width)) / 5 + i / (3 * width) * 7 + (i * 0x9e3779b1 >>> 29));
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setProgressiveMode(
          progressive ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }
}
