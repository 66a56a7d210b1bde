package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("pure")
class CodeCacheTest {
  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource({"1,1", "2,1", "256,1", "257,2", "16384,2", "65536,2", "65537,3", "16777217,4"})
  void returnsWhatWasAppendedInTheFewestBytes(int codebook, int bytes) throws IOException {
    Path file = write(codebook, 3000);
    try (CodeCache cache = CodeCache.open(file)) {
      assertEquals(3000, cache.info().count());
      assertEquals(bytes, cache.info().bytesPerCode());
      assertEquals(List.of("cat", "dög"), cache.info().classes());
      int[] codes = new int[6];
      for (int i = 0; i < 3000; i += 7) {
        cache.codes(i, 1, codes);
        int picture = i;
        assertArrayEquals(
            IntStream.range(6, 12).map(t -> code(picture, t, codebook)).toArray(), codes);
        assertEquals(i % 2, cache.label(i));
      }
      assertTrue(Files.size(file) <= 192 + 3000L * (12 * bytes + 4 + 4)); // a label, a checksum
    }
  }

  @Test
  void knowsTheTokenizerThatMadeIt() throws IOException {
    try (CodeCache cache = CodeCache.open(write(10, 5))) {
      cache.requireTokenizer("00ff");
      BadInputException e =
          assertThrows(BadInputException.class, () -> cache.requireTokenizer("00fe"));
      assertTrue(e.getMessage().contains("tokenizer 00ff; expected tokenizer 00fe"));
    }
  }

  @Test
  void measuresEntropyAndUsage() throws IOException {
    for (int codebook : new int[] {8, 1 << 23}) {
      CodeCacheInfo info = new CodeCacheInfo("", 2, 2, codebook, 1, 0, List.of());
      Path file = dir.resolve("usage");
      try (CodeCacheWriter w = CodeCache.create(file, info)) {
        w.append(0, 0, 1, 2, 3);
        w.append(5, 3, 2, 1, 0);
        w.finish();
      }
      try (CodeCache cache = CodeCache.open(file)) {
        assertEquals(Math.log(4), CodeHistogram.of(cache).entropy(), 1e-12);
        assertEquals(4.0 / codebook, CodeHistogram.of(cache).usage(), 1e-12);
      }
    }
  }

  @Test
  void keepsTheNamesOfPictures() throws IOException {
    Path file = dir.resolve("named");
    try (CodeCacheWriter w = CodeCache.create(file, info(10))) {
      w.append(0, "cat/\u00e4.png", new int[12]);
      w.append(1, "", new int[12]);
      w.append(1, "dog/2.png", new int[12]);
      w.finish();
    }
    try (CodeCache cache = CodeCache.open(file);
        CodeCache unnamed = CodeCache.open(write(10, 3))) {
      assertEquals(List.of("cat/\u00e4.png", "", "dog/2.png"), cache.names());
      assertEquals(List.of(), unnamed.names());
    }
  }

  @Test
  void aFlippedBitIsFound() throws IOException {
    byte[] good = Files.readAllBytes(write(10, 3, true));
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= (byte) (1 << i % 8);
      Path file = Files.write(dir.resolve("flipped"), bad);
      BadInputException e =
          assertThrows(BadInputException.class, () -> CodeCache.open(file).close(), "byte " + i);
      assertTrue(e.getMessage().contains("code cache"), e.getMessage());
    }
  }

  /** Before the third version there were no checksums, before the second no names. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void readsOlderVersions(int version) throws IOException {
    byte[] whole = Files.readAllBytes(write(10, 3));
    byte[] bytes =
        Arrays.copyOf(whole, whole.length - 4 * 3); // without a checksum for each picture
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(8, version).putInt(16, 0);
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, b.getInt(12));
    b.putInt(16, (int) crc.getValue());
    try (CodeCache cache = CodeCache.open(Files.write(dir.resolve("old"), bytes))) {
      assertEquals(3, cache.info().count());
      assertEquals(List.of(), cache.names());
    }
  }

  /** Another program's file may have sound checksums over codes that the codebook has not. */
  @Test
  void codesBeyondTheCodebookAreFoundOnOpening() throws IOException {
    byte[] whole = Files.readAllBytes(write(10, 3));
    ByteBuffer b = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    int codes = b.getInt(12);
    whole[codes + 12 + 5] = 10; // of the second picture
    int sums = whole.length - 4 * 3;
    b.putInt(sums + 4, crc(whole, codes + 12, 12));
    b.putInt(16, 0);
    int texts = 40 + 4 + 4; // of the fingerprint
    int rest = texts + 4 + 4 + 3 + 4 + 4 + 8; // after two classes and the size of the names
    b.putInt(rest, crc(whole, codes + 36, whole.length - codes - 36));
    b.putInt(16, crc(whole, 0, codes));
    Path file = Files.write(dir.resolve("beyond"), whole);
    String said =
        assertThrows(BadInputException.class, () -> CodeCache.open(file).close()).getMessage();
    assertTrue(said.contains("picture 1 has code 10; expected codes below 10"), said);
  }

  private static int crc(byte[] bytes, int from, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, count);
    return (int) crc.getValue();
  }

  @Test
  void anUnfinishedCacheLeavesNothing() throws IOException {
    try (CodeCacheWriter w = CodeCache.create(dir.resolve("x"), info(10))) {
      w.append(0, new int[12]);
    }
    try (var files = Files.list(dir)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void refusesCodesThatDoNotBelong() throws IOException {
    try (CodeCacheWriter w = CodeCache.create(dir.resolve("x"), info(10))) {
      assertThrows(IndexOutOfBoundsException.class, () -> w.append(0, codes(11, 10)));
      assertThrows(IllegalArgumentException.class, () -> w.append(0, new int[11]));
      assertThrows(IllegalArgumentException.class, () -> w.append(2, new int[12]));
    }
  }

  @Test
  void survivesRandomDamage() throws IOException {
    byte[] good = Files.readAllBytes(write(200, 10, true));
    Fuzz fuzz = new Fuzz("code cache");
    int[] codes = new int[1 << 16];
    for (int i = 0; i < 2000; i++) {
      Path file = Files.write(dir.resolve("damaged"), fuzz.damage(good));
      fuzz.succeedsOrExplains(
          () -> {
            try (CodeCache cache = CodeCache.open(file)) {
              cache.codes(cache.info().count() - 1, 0, codes);
              CodeHistogram.of(cache).usage();
              cache.names();
            }
          });
    }
    assertThrows(BadInputException.class, () -> CodeCache.open(dir.resolve("absent")));
  }

  @Test
  void batchesResumeAndCoverCropsAndPictures() throws IOException {
    try (CodeCache cache = CodeCache.open(write(60_000, 30));
        Arena arena = Arena.ofConfined()) {
      MemorySegment codes = arena.allocate(96, 64);
      MemorySegment labels = arena.allocate(16, 64);
      CodeLoader whole = new CodeLoader(cache, 4, 1, 0);
      Set<Integer> firsts = new HashSet<>();
      for (int b = 0; b < 30; b++) {
        whole.next(codes, labels);
        for (int i = 0; i < 4; i++) {
          firsts.add(codes.getAtIndex(ValueLayout.JAVA_INT, 6L * i));
        }
      }
      assertEquals(120, whole.position());
      assertEquals(4, whole.epoch());
      assertTrue(firsts.size() > 40, firsts.size() + " of 60 crops seen in four epochs");
      whole.next(codes, labels);
      int[] expected = codes.toArray(ValueLayout.JAVA_INT);
      new CodeLoader(cache, 4, 1, 120).next(codes, labels);
      assertArrayEquals(expected, codes.toArray(ValueLayout.JAVA_INT));
      MemorySegment half = arena.allocate(48, 64);
      new CodeLoader(cache, 2, 1, 120, new RankShare(1, 2, 1)).next(half, labels);
      assertEquals(-1, half.mismatch(codes.asSlice(half.byteSize())));
      new CodeLoader(cache, 4, 2, 120).next(codes, labels);
      assertFalse(java.util.Arrays.equals(expected, codes.toArray(ValueLayout.JAVA_INT)));
    }
  }

  private Path write(int codebook, int count) throws IOException {
    return write(codebook, count, false);
  }

  private Path write(int codebook, int count, boolean named) throws IOException {
    Path file = dir.resolve("codes");
    try (CodeCacheWriter w = CodeCache.create(file, info(codebook))) {
      for (int i = 0; i < count; i++) {
        w.append(i % 2, named ? i + ".png" : "", codes(i, codebook));
      }
      w.finish();
    }
    return file;
  }

  private static CodeCacheInfo info(int codebook) {
    return new CodeCacheInfo("00ff", 2, 3, codebook, 2, 0, List.of("cat", "dög"));
  }

  private static int[] codes(int picture, int codebook) {
    return IntStream.range(0, 12)
        .map(t -> codebook == 10 && picture == 11 ? 10 : code(picture, t, codebook))
        .toArray();
  }

  private static int code(int picture, int t, int codebook) {
    return CounterRandom.below(CounterRandom.bits(picture, t), codebook);
  }
}
