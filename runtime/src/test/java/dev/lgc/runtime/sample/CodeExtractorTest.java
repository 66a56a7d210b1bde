package dev.lgc.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.BadPicture;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeHistogram;
import dev.lgc.runtime.data.ImageFolder;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.dist.ThreadRanks;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TransientFailureException;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.train.TinyRuns;
import dev.lgc.runtime.train.TrainListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Codes of pictures, made by one rank or by several, each a thread. */
@Tag("backend")
final class CodeExtractorTest {
  private static final int BATCH = 4;
  private static final PictureVersions FLIPPED = new PictureVersions(false, true, 1);
  private static final PictureVersions TEN = new PictureVersions(true, false, 1.25);

  @TempDir private static Path trained;

  @TempDir private Path dir;

  @BeforeAll
  static void aTokenizer() throws IOException {
    TinyRuns.train(
        TinyRuns.tokenizer(trained, "batch: 4\nsteps: 4\ncheckpoint: {dir: t}\n"),
        new TrainListener() {},
        () -> false);
  }

  /** A folder of pictures, of which some cannot be read. */
  private Path pictures(int count, Integer... bad) throws IOException {
    Path folder = dir.resolve("pictures-" + count);
    Picture p = new Picture();
    for (int i = 0; i < count; i++) {
      Path file = folder.resolve(Text.format("%s/%04d.png", i < count / 2 ? "cat" : "dog", i));
      Files.createDirectories(file.getParent());
      if (List.of(bad).contains(i)) {
        Files.writeString(file, "no picture");
      } else {
        new SyntheticPictures(10, 24, i).read(i % 10, p);
        PngGrid.write(p, file);
      }
    }
    return folder;
  }

  /** The work of a rank with an extractor of its own. */
  @FunctionalInterface
  private interface Work<T> {
    T run(CodeExtractor extractor, Ranks ranks) throws IOException;
  }

  private static <T> List<T> on(int size, Function<Ranks, PictureVersions> versions, Work<T> work) {
    return ThreadRanks.run(
        size,
        ranks -> {
          try (Device device = new CpuDevice(1, ranks);
              LoadedModel model =
                  Tokenizer.load(
                      trained.resolve("t"),
                      BATCH,
                      device,
                      new WeightsListener() {},
                      "encode",
                      "decode")) {
            return work.run(
                new CodeExtractor(model, versions.apply(ranks), ranks, Throwable::getMessage),
                ranks);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** Encodes a folder on some ranks; returns the pictures that rank 0 knows as bad. */
  private static List<BadPicture> encode(
      int ranks, Path folder, PictureVersions versions, Path to) {
    return on(
            ranks,
            _ -> versions,
            (extractor, rank) -> {
              ImageFolder source = ImageFolder.open(folder);
              List<Long> done = new ArrayList<>();
              extractor.extract(source, to, done::add);
              assertEquals(rank.rank() == 0 ? source.size() : 0, done.size());
              return source.bad(0);
            })
        .getFirst();
  }

  /** The text of the failure that all ranks end by. */
  private static String failure(Runnable work) {
    Throwable e = assertThrows(IllegalStateException.class, work::run);
    while (!(e instanceof SharedFailure) && e.getCause() != null) {
      e = e.getCause();
    }
    return text(assertInstanceOf(SharedFailure.class, e));
  }

  private static String text(SharedFailure e) {
    return e.why() instanceof BadInputException b ? b.what() : e.getMessage();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(dir)) {
      return all.filter(Files::isRegularFile).map(f -> f.getFileName().toString()).toList();
    }
  }

  @Test
  void theCacheHasTheSameBytesOnAnyNumberOfRanks() throws IOException {
    Path folder = pictures(27, 3, 4, 13, 26);
    for (PictureVersions versions : List.of(PictureVersions.CENTRE, FLIPPED, TEN)) {
      Path one = dir.resolve("one.codes");
      List<BadPicture> bad = encode(1, folder, versions, one);
      assertEquals(
          List.of("cat/0003.png", "cat/0004.png", "dog/0013.png", "dog/0026.png"),
          bad.stream().map(BadPicture::name).toList());
      try (CodeCache cache = CodeCache.open(one)) {
        assertEquals(23, cache.info().count());
        assertEquals(versions.count(), cache.info().crops());
        assertEquals("dog/0025.png", cache.names().getLast());
        assertEquals(1, cache.label(22));
        assertTrue(CodeHistogram.of(cache).entropy() > 0.5, "codes that differ");
      }
      for (int ranks : List.of(2, versions.ten() ? 4 : 3)) {
        Path several = dir.resolve("several.codes");
        assertEquals(bad, encode(ranks, folder, versions, several));
        assertArrayEquals(
            Files.readAllBytes(one), Files.readAllBytes(several), ranks + " ranks, " + versions);
      }
    }
  }

  @Test
  void moreRanksThanChunksAreIdle() throws IOException {
    Path folder = pictures(3);
    encode(1, folder, FLIPPED, dir.resolve("one.codes"));
    encode(4, folder, FLIPPED, dir.resolve("four.codes"));
    assertArrayEquals(
        Files.readAllBytes(dir.resolve("one.codes")),
        Files.readAllBytes(dir.resolve("four.codes")));
  }

  /** They are counted in the order of the pictures, not on each rank. */
  @Test
  void aHundredUnreadablePicturesInARowEndAllRanks() throws IOException {
    Integer[] bad = IntStream.range(1, 101).boxed().toArray(Integer[]::new);
    Path hundred = pictures(102, bad);
    Path fewer = pictures(104, List.of(bad).subList(1, 100).toArray(Integer[]::new));
    for (int ranks : List.of(2, 3)) {
      String e =
          failure(() -> encode(ranks, hundred, PictureVersions.CENTRE, dir.resolve("never.codes")));
      assertTrue(e.contains("100 attempts in a row"), e);
      assertTrue(e.contains("0100.png"), e);
      assertEquals(99, encode(ranks, fewer, PictureVersions.CENTRE, dir.resolve("a.codes")).size());
    }
    assertEquals(List.of("a.codes"), files());
  }

  @Test
  void picturesOfWhichNoneCanBeReadAreAMistake() throws IOException {
    Path folder = pictures(5, 0, 1, 2, 3, 4);
    String e = failure(() -> encode(2, folder, TEN, dir.resolve("never.codes")));
    assertEquals("none of the pictures can be read", e);
    assertEquals(List.of(), files());
  }

  @Test
  void whatOneRankAsksToStopIsNotWritten() throws IOException {
    ImageFolder source = ImageFolder.open(pictures(20));
    Path to = dir.resolve("never.codes");
    List<Boolean> stopped =
        on(
            3,
            _ -> TEN,
            (extractor, ranks) ->
                extractor.extract(source, to, n -> {}, () -> ranks.rank() == 1).isEmpty());
    assertEquals(List.of(true, true, true), stopped);
    assertEquals(List.of(), files());
  }

  @Test
  void aFailureOfOneRankIsThatOfAllAndNothingIsWritten() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");
    ImageFolder source = ImageFolder.open(pictures(20));
    failure(
        () ->
            on(
                2,
                _ -> TEN,
                (extractor, _) -> extractor.extract(source, file.resolve("in.codes"), n -> {})));
    String e =
        failure(
            () ->
                on(
                    2,
                    _ -> PictureVersions.CENTRE,
                    (extractor, _) ->
                        extractor.extract(failing(source, 13), dir.resolve("no.codes"), n -> {})));
    assertTrue(e.contains("rank 1 of 2 on "), e);
    assertTrue(e.contains("the disk is gone"), e);
    assertEquals(List.of("file"), files());
  }

  /** A source whose disk is gone when a picture is read. */
  private static PictureSource failing(PictureSource source, int picture) {
    return new PictureSource() {
      @Override
      public int size() {
        return source.size();
      }

      @Override
      public int label(int i) {
        return source.label(i);
      }

      @Override
      public void read(int i, Picture into) {
        if (i == picture) {
          throw new TransientFailureException("the disk is gone", "", new IOException());
        }
        source.read(i, into);
      }

      @Override
      public List<String> classes() {
        return source.classes();
      }

      @Override
      public String name(int i) {
        return source.name(i);
      }
    };
  }

  @Test
  void ranksThatWouldEncodeOtherThingsRefuseByName() throws IOException {
    ImageFolder source = ImageFolder.open(pictures(20));
    PictureSource fewer = source.range(0, 19);
    PictureSource others = source.subset(IntStream.range(0, 20).map(i -> 19 - i).toArray());
    assertEquals("", difference(TEN, source, "1"));
    assertEquals("number of pictures: 20, and 19", difference(TEN, fewer, "1"));
    assertTrue(difference(TEN, others, "1").startsWith("names and classes of pictures"));
    assertEquals(
        "versions of a picture: ten crops of 1.25, and its mirror image too",
        difference(FLIPPED, source, "1"));
    assertEquals("version of lgc: 1, and 2", difference(TEN, source, "2"));
  }

  /** The difference that ranks name if the second has others than the first. */
  private String difference(PictureVersions versions, PictureSource pictures, String version) {
    List<String> said =
        on(
            2,
            ranks -> ranks.rank() == 0 ? TEN : versions,
            (extractor, ranks) -> {
              boolean first = ranks.rank() == 0;
              PictureSource mine = first ? ImageFolder.open(dir.resolve("pictures-20")) : pictures;
              Map<String, String> more = Map.of("version of lgc", first ? "1" : version);
              try {
                extractor.requireSame(more, Map.of("pictures", mine));
                return "";
              } catch (SharedFailure e) {
                return text(e).replace("ranks 0 and 1 differ in the ", "");
              }
            });
    assertEquals(said.get(0), said.get(1));
    return said.get(0);
  }

  @Test
  void oneRankSaysItsOwnFailure() throws IOException {
    ImageFolder source = ImageFolder.open(pictures(20));
    Throwable e =
        assertThrows(
            IllegalStateException.class,
            () ->
                on(
                    1,
                    _ -> TEN,
                    (extractor, _) ->
                        extractor.extract(failing(source, 3), dir.resolve("no.codes"), n -> {})));
    assertInstanceOf(TransientFailureException.class, e.getCause());
    assertFalse(Files.exists(dir.resolve("no.codes")));
  }
}
