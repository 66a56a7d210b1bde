package dev.lgc.runtime.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.data.SkippedFiles.Reason;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TransientFailureException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What of a folder is taken, what is not, and that both are said. */
@Timeout(60)
@Tag("pure")
class ImageFolderTest {
  @TempDir Path dir;

  @Test
  void imagesBesideFoldersOfImagesAreRefusedWithBothCounts() throws IOException {
    for (int i = 0; i < 10; i++) {
      put(i + ".png");
    }
    put("thumbs/1.png");
    put("thumbs/2.png");
    BadInputException e = assertThrows(BadInputException.class, () -> ImageFolder.open(dir));
    assertEquals(
        dir
            + ": 10 pictures directly in it (0.png, 1.png, 2.png, …), and 2 pictures in sub-folders"
            + " (thumbs)",
        e.what());
  }

  @Test
  void aFolderWithoutImagesBesideImagesIsLeftOutAndSaid() throws IOException {
    put("1.png");
    touch("notes/a.txt");
    ImageFolder f = ImageFolder.open(dir);
    assertEquals(List.of("1.png"), names(f));
    assertEquals(List.of("notes"), leftOut(f, Reason.FOLDERS_WITHOUT_IMAGES));
    assertEquals(List.of("notes/a.txt"), leftOut(f, Reason.OTHER_ENDINGS));
  }

  @Test
  void hiddenFilesAndFoldersAreLeftOutAtEveryDepth() throws IOException {
    put("cat/1.png");
    put("dog/1.png");
    put("dog/deep/2.png");
    put("dog/.ipynb_checkpoints/1.png");
    put("dog/deep/.trash/.more/1.png");
    put("dog/deep/._2.png");
    put(".cache/1.png");
    ImageFolder f = ImageFolder.open(dir);
    assertEquals(List.of("cat/1.png", "dog/1.png", "dog/deep/2.png"), names(f));
    assertEquals(
        List.of(".cache", "dog/.ipynb_checkpoints", "dog/deep/.trash"),
        leftOut(f, Reason.HIDDEN_FOLDERS));
    assertEquals(List.of("dog/deep/._2.png"), leftOut(f, Reason.HIDDEN_FILES));
    assertEquals(List.of("dog/deep/2.png"), f.contents().orElseThrow().deeper().examples());
  }

  @Test
  void filesWithOtherEndingsAreCountedWithAnExampleOfEach() throws IOException {
    put("a/1.PNG");
    put("a/2.jfif");
    touch("a/1.heic");
    touch("a/2.heic");
    touch("a/3.HEIC");
    touch("a/list.txt");
    touch("LICENSE");
    FolderContents c = ImageFolder.open(dir).contents().orElseThrow();
    assertEquals(2, c.pictures());
    assertEquals(
        """
        2 pictures in 1 class
          left out: 5 files whose ending is not that of an image (LICENSE, a/1.heic, a/list.txt, …)\
        """,
        c.text());
  }

  @Test
  void aFolderOfOtherFilesSaysWhatItHolds() throws IOException {
    touch("1.heic");
    BadInputException flat = assertThrows(BadInputException.class, () -> ImageFolder.open(dir));
    assertTrue(flat.what().contains("no image, but 1 file whose ending"), flat.what());
    put("a/1.png");
    touch("b/2.heic");
    BadInputException e = assertThrows(BadInputException.class, () -> ImageFolder.open(dir));
    assertTrue(e.what().startsWith(dir.resolve("b") + ": a class folder without an"), e.what());
    assertTrue(e.what().endsWith("1 file whose ending is not that of an image (b/2.heic)"));
  }

  @Test
  void linksToWhereTheyAreInAreNotFollowed() throws IOException {
    put("a/1.png");
    put("b/deep/2.png");
    link("a/up", dir);
    link("a/further-up", dir.getParent());
    link("a/self", dir.resolve("a"));
    link("a/to-b", dir.resolve("b"));
    link("b/deep/to-a", dir.resolve("a"));
    link("round", dir);
    ImageFolder f = ImageFolder.open(dir);
    assertEquals(List.of("a", "b"), f.classes());
    assertEquals(
        List.of("a/1.png", "a/to-b/deep/2.png", "b/deep/2.png", "b/deep/to-a/1.png"), names(f));
    // Of `to-a` in `a/to-b/deep`, and all of a's links within `b/deep/to-a`.
    FolderContents c = f.contents().orElseThrow();
    assertEquals(2, c.repeated().count(), "each is in both classes");
    assertEquals(9, count(f, Reason.LOOPS));
  }

  /** Reading the first byte of {@code /proc/self/mem} is an error of input and output. */
  @Test
  void aDiskThatFailsMakesNoPictureBad() throws IOException {
    Path failing = Path.of("/proc/self/mem");
    assumeTrue(Files.isReadable(failing));
    put("0.png");
    link("1.png", failing);
    Files.write(dir.resolve("2.png"), new byte[] {1, 2, 3});
    ImageFolder f = ImageFolder.open(dir);
    Picture p = new Picture();
    PictureReader reader = new PictureReader(f);
    assertTrue(reader.read(0, p));
    TransientFailureException e =
        assertThrows(TransientFailureException.class, () -> reader.read(1, p));
    assertTrue(e.what().startsWith(dir.resolve("1.png") + ": cannot be read: "), e.what());
    assertThrows(TransientFailureException.class, () -> PictureScan.of(f));
    assertFalse(reader.read(2, p));
    assertEquals(List.of("2.png"), f.bad(0).stream().map(BadPicture::name).toList());
  }

  @Test
  void aClassTakesAnImageOnceHoweverManyLinksLeadToIt() throws IOException {
    put("a/z/1.png");
    put("a/2.png");
    link("a/copy.png", dir.resolve("a/2.png"));
    link("a/b", dir.resolve("a/z"));
    link("a/c", dir.resolve("a/z"));
    ImageFolder f = ImageFolder.open(dir);
    assertEquals(List.of("a/2.png", "a/z/1.png"), names(f));
    assertEquals(List.of("a/b", "a/c", "a/copy.png"), leftOut(f, Reason.DUPLICATES));
  }

  @Test
  void manyLinksAmongManyFoldersEndInTheirNumber() throws IOException {
    int n = 30;
    for (int i = 0; i < n; i++) {
      put("a/" + i + "/1.png");
    }
    for (int i = 0; i + 1 < n; i++) {
      link("a/" + i + "/x", dir.resolve("a/" + (i + 1)));
      link("a/" + i + "/y", dir.resolve("a/" + (i + 1)));
    }
    assertEquals(n, ImageFolder.open(dir).size());
  }

  @Test
  void classesAndFilesMayBeLinks() throws IOException {
    put("store/x/1.png");
    put("store/y/1.png");
    Files.createDirectories(dir.resolve("data/c"));
    link("data/a", dir.resolve("store/y"));
    link("data/b", dir.resolve("store/x"));
    link("data/c/mine.png", dir.resolve("store/x/1.png"));
    link("data/c/gone.png", dir.resolve("nowhere.png"));
    ImageFolder f = ImageFolder.open(dir.resolve("data"));
    assertEquals(List.of("a/1.png", "b/1.png", "c/mine.png"), names(f));
    assertEquals(List.of("c/gone.png"), leftOut(f, Reason.BROKEN_LINKS));
    assertEquals(List.of("c/mine.png"), f.contents().orElseThrow().repeated().examples());
    f.read(2, new Picture());
  }

  @Test
  void namesAreInTheOrderOfTheirCodePoints() throws IOException {
    List<String> ordered = List.of("A", "a", "a\u0301", "z", "\u00e4", "\uff21", "\ud83d\ude00");
    Random random = new Random(5);
    for (int i = 0; i < 2_000; i++) {
      String a = text(random);
      String b = text(random);
      assertEquals(
          Integer.signum(
              java.util.Arrays.compareUnsigned(
                  a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8))),
          Integer.signum(CodePointOrder.ORDER.compare(a, b)),
          a + " " + b + ", seed 5");
    }
    assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "names of any script");
    for (String name : ordered.reversed()) {
      try {
        put(name + "/" + name + ".png");
      } catch (FileSystemException e) {
        assumeTrue(false, "this file system has no such names: " + e);
      }
    }
    try (Stream<Path> made = Files.list(dir)) {
      assumeTrue(made.count() == ordered.size(), "this file system folds names");
    }
    assertEquals(ordered, ImageFolder.open(dir).classes());
  }

  /** Text of characters from all over, without lone surrogates. */
  private static String text(Random random) {
    StringBuilder s = new StringBuilder();
    int[] among = {'a', 'b', 0x7ff, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    IntStream.range(0, random.nextInt(4))
        .forEach(_ -> s.appendCodePoint(among[random.nextInt(among.length)]));
    return s.toString();
  }

  @Test
  void somethingThatIsNoFileIsNotOpened() throws Exception {
    put("a/1.png");
    Process p = null;
    try {
      p = new ProcessBuilder("mkfifo", dir.resolve("a/pipe.png").toString()).start();
    } catch (IOException e) {
      assumeTrue(false, "no mkfifo here");
    }
    assumeTrue(p.waitFor() == 0, "no pipes here");
    ImageFolder f = ImageFolder.open(dir);
    assertEquals(List.of("a/1.png"), names(f));
    assertEquals(List.of("a/pipe.png"), leftOut(f, Reason.SPECIAL_FILES));
  }

  @Test
  void nothingIsSaidOfAFolderOfWhichAllIsTaken() throws IOException {
    put("a/1.png");
    put("b/1.png");
    FolderContents c = ImageFolder.open(dir).contents().orElseThrow();
    assertEquals("2 pictures in 2 classes", c.text());
    assertTrue(c.leftOut().isEmpty());
    assertFalse(c.json().isEmpty());
  }

  private static List<String> names(ImageFolder f) {
    return IntStream.range(0, f.size()).mapToObj(f::name).toList();
  }

  private static List<String> leftOut(ImageFolder f, Reason reason) {
    List<String> all = new ArrayList<>();
    f.contents().orElseThrow().leftOut().groups().stream()
        .filter(g -> g.reason() == reason)
        .forEach(g -> all.addAll(g.examples()));
    return all;
  }

  private static int count(ImageFolder f, Reason reason) {
    return f.contents().orElseThrow().leftOut().groups().stream()
        .filter(g -> g.reason() == reason)
        .mapToInt(SkippedFiles.Group::count)
        .sum();
  }

  private void link(String name, Path target) throws IOException {
    try {
      Files.createSymbolicLink(dir.resolve(name), target);
    } catch (UnsupportedOperationException | FileSystemException e) {
      assumeTrue(false, "no links here: " + e);
    }
  }

  private void touch(String name) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "text");
  }

  private void put(String name) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.copy(TestResources.path("data/small.png"), file);
  }
}
