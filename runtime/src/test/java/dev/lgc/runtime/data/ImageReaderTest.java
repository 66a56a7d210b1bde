package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
@Tag("pure")
class ImageReaderTest {
  @ParameterizedTest
  @CsvSource({
    "small.bmp, small, 0",
    "small.tiff, small, 0",
    "small.webp, small, 0",
    "small.jpg, small_jpg_read, 0",
    "small_cmyk.jpg, small_cmyk_jpg_read, 0",
    "grey.png, grey_read, 0",
    "grey.jpg, grey_jpg_read, 0",
    "grey16.png, grey_read, 0",
    "bits.png, bits_png_read, 0",
    "palette.png, palette_png_read, 0",
    "palette.gif, palette_gif_read, 0",
    "alpha.png, alpha_read, 0",
    "grey_alpha.png, grey_alpha_read, 0",
  })
  void readsEveryFormatAsPillowDoes(String file, String expected, int tolerance) {
    Picture p = new Picture();
    ImageReader.read(TestResources.path("data/" + file), p);
    int difference = CropsTest.difference(CropsTest.load(expected), p);
    assertTrue(difference <= tolerance, file + " differs by " + difference);
  }

  @ParameterizedTest
  @ValueSource(strings = {"small.png", "small.jpg", "grey.jpg", "palette.png", "palette.gif"})
  void refusesEveryTruncation(String file) throws IOException {
    byte[] good = Files.readAllBytes(TestResources.path("data/" + file));
    int step = Math.max(1, good.length / 150);
    for (int n = 0; n < good.length - 4; n += step) {
      byte[] cut = Arrays.copyOf(good, n);
      BadInputException e =
          assertThrows(
              BadInputException.class,
              () -> ImageReader.read("x", cut, new Picture()),
              file + " cut to " + n + " of " + good.length);
      assertTrue(e.getMessage().startsWith("x: "), e.getMessage());
    }
  }

  @Test
  void noticesEveryFlippedBitOfAPngsPixels() throws IOException {
    byte[] good = Files.readAllBytes(TestResources.path("data/small.png"));
    for (int at = 60; at < good.length - 12; at += 7) {
      byte[] bad = good.clone();
      bad[at] ^= 4;
      assertThrows(BadInputException.class, () -> ImageReader.read("x", bad, new Picture()));
    }
  }

  @Test
  void refusesAHeaderThatPromisesMorePixelsThanMemoryHolds() throws IOException {
    byte[] bmp = Files.readAllBytes(TestResources.path("data/small.bmp"));
    ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, 60_000).putInt(22, 60_000);
    BadInputException e = refused(bmp);
    assertTrue(e.getMessage().contains("its pixels end too early"), e.getMessage());
    // A screen of any size is sound in a GIF: nothing need be there.
    byte[] gif = Files.readAllBytes(TestResources.path("pictures/offset.gif"));
    ByteBuffer.wrap(gif).order(ByteOrder.LITTLE_ENDIAN).putInt(6, -1);
    e = refused(gif);
    assertTrue(e.getMessage().contains("65535 by 65535 pixels"), e.getMessage());
  }

  @Test
  void aPngThatHoldsTooLittleIsRefusedBeforeAnythingIsAllocated() throws IOException {
    byte[] png = Files.readAllBytes(TestResources.path("data/small.png"));
    ByteBuffer b = ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 60_000);
    CRC32 crc = new CRC32();
    crc.update(png, 12, 17);
    b.putInt(29, (int) crc.getValue());
    long before = allocated();
    assertTrue(refused(png).getMessage().contains("ends too early"));
    assertTrue(allocated() - before < 16 << 20);
  }

  @Test
  void takesAnImageForWhatItHoldsWhateverItsNameSays(@TempDir Path folder) throws IOException {
    Path lie = folder.resolve("PHOTO.JPG");
    Files.copy(TestResources.path("data/small.png"), lie);
    Picture p = new Picture();
    ImageReader.read(lie, p);
    assertEquals(CropsTest.load("small"), p);
  }

  private static BadInputException refused(byte[] bytes) {
    return assertThrows(BadInputException.class, () -> ImageReader.read("x", bytes, new Picture()));
  }

  @Test
  void aSmallWebpThatDeclaresThousandsOfCodesIsRefusedAtOnce() {
    long before = allocated();
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () ->
                ImageReader.read(
                    TestResources.path("pictures/damaged/many_codes.webp"), new Picture()));
    assertTrue(e.getMessage().contains("many_codes.webp: damaged image: "), e.getMessage());
    assertTrue(allocated() - before < 16 << 20, "bytes " + (allocated() - before));
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  @Test
  void refusesWhatIsNoImage() {
    byte[] text = "hello, this is text".getBytes(StandardCharsets.UTF_8);
    BadInputException e =
        assertThrows(BadInputException.class, () -> ImageReader.read("x", text, new Picture()));
    assertEquals(
        "x: not an image; expected PNG, JPEG, BMP, GIF, WEBP or TIFF (remove the file)",
        e.getMessage());
  }
}
