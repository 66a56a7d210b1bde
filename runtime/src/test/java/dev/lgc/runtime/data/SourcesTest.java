package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.Fuzz;
import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.io.BadInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
class SourcesTest {
  @TempDir Path dir;

  @Test
  void aFolderOfFoldersIsReadAsTorchvisionDoes() throws IOException {
    put("b/2.png");
    put("b/deep/er/1.PNG");
    put("a/z.jpg.png");
    put("a/.hidden.png");
    put("a/notes.txt");
    ImageFolder f = ImageFolder.open(dir);
    assertEquals(List.of("a", "b"), f.classes());
    assertEquals(
        List.of("a/z.jpg.png", "b/2.png", "b/deep/er/1.PNG"),
        IntStream.range(0, f.size()).mapToObj(f::name).toList());
    assertEquals(List.of(0, 1, 1), IntStream.range(0, 3).mapToObj(f::label).toList());
    Picture p = new Picture();
    f.read(2, p);
    assertEquals(CropsTest.load("small"), p);
  }

  @Test
  void aFlatFolderHasOneClass() throws IOException {
    put("2.png");
    put("10.png");
    ImageFolder f = ImageFolder.open(dir);
    assertEquals(2, f.size());
    assertEquals(1, f.classes().size());
    assertEquals(0, f.label(1));
    assertEquals("10.png", f.name(0));
  }

  @Test
  void explainsFoldersThatHoldNoImages() throws IOException {
    assertThrows(BadInputException.class, () -> ImageFolder.open(dir.resolve("absent")));
    assertThrows(BadInputException.class, () -> ImageFolder.open(dir));
    put("a/1.png");
    Files.createDirectory(dir.resolve("empty"));
    BadInputException e = assertThrows(BadInputException.class, () -> ImageFolder.open(dir));
    assertTrue(e.getMessage().contains("empty: a class folder without an image"), e.getMessage());
  }

  @Test
  void namesTheFileThatCannotBeRead() throws IOException {
    put("a/1.png");
    Path bad = Files.write(dir.resolve("a/2.png"), new byte[] {1, 2, 3});
    ImageFolder f = ImageFolder.open(dir);
    BadInputException e = assertThrows(BadInputException.class, () -> f.read(1, new Picture()));
    assertTrue(e.getMessage().startsWith(bad.toString()), e.getMessage());
  }

  @Test
  void readsMnist() {
    IdxFiles f =
        IdxFiles.open(
            SharedFiles.require("data/mnist-t10k/t10k-images-idx3-ubyte.gz"),
            SharedFiles.require("data/mnist-t10k/t10k-labels-idx1-ubyte.gz"));
    assertEquals(10_000, f.size());
    assertEquals(10, f.classes().size());
    assertEquals(List.of(7, 2, 1, 0, 4), IntStream.range(0, 5).mapToObj(f::label).toList());
    Picture p = new Picture();
    f.read(0, p);
    assertEquals(28, p.width());
    assertTrue(IntStream.range(0, 784).anyMatch(i -> p.at(i % 28, i / 28, 0) > 200));
  }

  @Test
  void idxFilesOfAnyDamageAreExplained() throws IOException {
    byte[] pictures = idx(new int[] {3, 4, 5}, false);
    byte[] labels = idx(new int[] {3}, false);
    assertEquals(3, open(pictures, labels).size());
    assertEquals(3, open(idx(new int[] {3, 4, 5}, true), idx(new int[] {3}, true)).size());
    assertEquals(3, open(idx(new int[] {3, 4, 5, 3}, true), labels).size());
    assertThrows(BadInputException.class, () -> open(labels, labels));
    assertThrows(BadInputException.class, () -> open(pictures, pictures));
    assertThrows(BadInputException.class, () -> open(pictures, idx(new int[] {4}, false)));
    byte[] huge = pictures.clone();
    ByteBuffer.wrap(huge).putInt(4, Integer.MAX_VALUE).putInt(8, Integer.MAX_VALUE);
    assertThrows(BadInputException.class, () -> open(huge, labels));
    Fuzz fuzz = new Fuzz("idx");
    for (int i = 0; i < 1000; i++) {
      byte[] bad = fuzz.damage(i % 2 == 0 ? pictures : idx(new int[] {3, 4, 5}, true));
      fuzz.succeedsOrExplains(() -> open(bad, labels));
    }
  }

  @Test
  void drawnPicturesAreRepeatableBalancedAndDiffer() {
    SyntheticPictures d = new SyntheticPictures(200, 32, 5);
    Picture a = new Picture();
    Picture b = new Picture();
    d.read(17, a);
    new SyntheticPictures(200, 32, 5).read(17, b);
    assertEquals(a, b);
    d.read(27, b);
    assertNotEquals(a, b);
    new SyntheticPictures(200, 32, 6).read(17, b);
    assertNotEquals(a, b);
    long[] seen = new long[10];
    IntStream.range(0, 200).forEach(i -> seen[d.label(i)]++);
    for (long n : seen) {
      assertEquals(20, n);
    }
    PictureSource.Split split = d.holdOutEvery(10);
    assertEquals(
        10, IntStream.range(0, split.val().size()).map(split.val()::label).distinct().count());
  }

  @Test
  void splitsShareNothingAndLoseNothing() {
    SyntheticPictures d = new SyntheticPictures(23, 8, 1);
    PictureSource.Split split = d.holdOutEvery(4);
    assertEquals(18, split.train().size());
    assertEquals(5, split.val().size());
    assertEquals(d.name(3), split.val().name(0));
    assertEquals(d.name(4), split.train().name(3));
    assertEquals(d.name(12), d.range(10, 20).name(2));
    assertThrows(BadInputException.class, () -> d.holdOutEvery(24));
    assertThrows(BadInputException.class, () -> d.holdOutEvery(1));
  }

  private IdxFiles open(byte[] pictures, byte[] labels) {
    try {
      return IdxFiles.open(
          Files.write(dir.resolve("p"), pictures), Files.write(dir.resolve("l"), labels));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] idx(int[] shape, boolean zipped) throws IOException {
    int n = IntStream.of(shape).reduce(1, (a, b) -> a * b);
    ByteBuffer b = ByteBuffer.allocate(4 + 4 * shape.length + n);
    b.putInt(0x800 + shape.length);
    IntStream.of(shape).forEach(b::putInt);
    IntStream.range(0, n).forEach(i -> b.put((byte) i));
    if (!zipped) {
      return b.array();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(b.array());
    }
    return bytes.toByteArray();
  }

  private void put(String name) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.copy(TestResources.path("data/small.png"), file);
  }
}
