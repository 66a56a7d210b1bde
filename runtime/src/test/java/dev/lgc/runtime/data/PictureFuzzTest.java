package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.data.decode.DecodeLimit;
import dev.lgc.runtime.data.decode.Decoder;
import dev.lgc.runtime.data.decode.ImageException;
import dev.lgc.runtime.data.decode.PixelSink;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Damages pictures of every format: each read ends in a picture or a {@link BadInputException}, in
 * bounded memory. {@code -Dlgc.fuzz.seconds=3600} goes on for an hour; {@code -Dlgc.fuzz.seed}
 * repeats.
 */
@Tag("pure")
class PictureFuzzTest {
  private static final Duration TIME = Duration.ofSeconds(Long.getLong("lgc.fuzz.seconds", 4));
  private static final DecodeLimit MEMORY = new DecodeLimit(32 << 20);
  private static final long MOST_PIXELS = 4 << 20;

  /** The decoder's memory, its tables, and the file a few times over. */
  private static final long MOST_BYTES = 160 << 20;

  @Test
  void everyDamagedPictureIsReadOrRefusedInBoundedMemory() throws IOException {
    List<byte[]> good = pictures();
    assertTrue(good.size() > 150, good.size() + " pictures");
    Fuzz fuzz = new Fuzz("pictures");
    long end = System.nanoTime() + TIME.toNanos();
    int read = 0;
    int tried = 0;
    do {
      byte[] picture = good.get(fuzz.random().nextInt(good.size()));
      byte[] bad = damage(fuzz, picture, good);
      long before = allocated();
      fuzz.succeedsOrExplains(() -> decode(bad));
      long used = allocated() - before;
      assertTrue(used < MOST_BYTES, () -> "bytes allocated: " + used + keep(bad));
      read += succeeds(bad) ? 1 : 0;
      tried++;
    } while (System.nanoTime() < end);
    System.out.println(tried + " damaged pictures, " + read + " read");
    assertTrue(read > 0 && read < tried, read + " of " + tried);
  }

  private static boolean succeeds(byte[] bytes) {
    try {
      decode(bytes);
      return true;
    } catch (BadInputException e) {
      return false;
    }
  }

  /** As {@link ImageReader} reads, with less memory and a smaller size allowed. */
  private static void decode(byte[] bytes) {
    try {
      if (!Decoder.decode(ByteBuffer.wrap(bytes), MEMORY, new Small())) {
        throw new BadInputException("not an image", "", "");
      }
    } catch (ImageException e) {
      throw new BadInputException(e.getMessage(), "", "", e);
    }
  }

  private static final class Small implements PixelSink {
    private int rows;
    private int width;
    private int height;

    @Override
    public void begin(int width, int height) {
      if ((long) width * height > MOST_PIXELS) {
        throw new BadInputException("too large", "", "");
      }
      this.width = width;
      this.height = height;
      rows = 0;
    }

    @Override
    public void row(byte[] rgb) {
      assertTrue(rgb.length >= 3 * width && ++rows <= height, "row " + rows);
    }
  }

  private static byte[] damage(Fuzz fuzz, byte[] good, List<byte[]> others) {
    byte[] bad = fuzz.damage(good);
    int kind = fuzz.random().nextInt(4);
    if (kind == 0 && bad.length > 0) {
      bad = fuzz.damage(bad);
    } else if (kind == 1 && bad.length > 16) {
      // The middle of another picture in the middle of this one.
      byte[] other = others.get(fuzz.random().nextInt(others.size()));
      int n = fuzz.random().nextInt(Math.min(other.length, bad.length - 8));
      int from = fuzz.random().nextInt(other.length - n + 1);
      System.arraycopy(other, from, bad, 8 + fuzz.random().nextInt(bad.length - 8 - n), n);
    }
    return withChecksums(bad);
  }

  /** A PNG with right checksums, so that damage reaches what they protect. */
  private static byte[] withChecksums(byte[] bytes) {
    ByteBuffer b = ByteBuffer.wrap(bytes);
    if (bytes.length < 8 || b.getInt() != 0x89504e47) {
      return bytes;
    }
    CRC32 crc = new CRC32();
    for (int at = 8; at <= bytes.length - 12; ) {
      long length = b.getInt(at) & 0xffffffffL;
      if (length > bytes.length - at - 12) {
        break;
      }
      crc.reset();
      crc.update(bytes, at + 4, (int) length + 4);
      b.putInt(at + 8 + (int) length, (int) crc.getValue());
      at += 12 + (int) length;
    }
    return bytes;
  }

  private static String keep(byte[] bytes) {
    try {
      Path kept = Files.createTempFile("lgc-fuzz", ".picture");
      Files.write(kept, bytes);
      return ", kept as " + kept;
    } catch (IOException e) {
      return ", first bytes " + Arrays.toString(Arrays.copyOf(bytes, 64));
    }
  }

  private static List<byte[]> pictures() throws IOException {
    List<byte[]> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(TestResources.path("pictures"))) {
      for (Path file : files.sorted().toList()) {
        if (Files.isRegularFile(file) && !file.toString().matches(".*\\.(py|tsv)")) {
          all.add(Files.readAllBytes(file));
        }
      }
    }
    return all;
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }
}
