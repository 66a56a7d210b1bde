package dev.lgc.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.io.UnwritableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Writing pictures into a folder beside drawing others. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@Tag("pure")
final class SampleWriterTest {
  @TempDir private Path dir;

  private final Picture picture = new Picture(2, 2);

  private PictureFolder folder(IntFunction<Optional<String>> classes) throws IOException {
    SamplingRecord record = new SamplingRecord(Map.of("seed", "1"), Map.of("batch", "2"));
    return PictureFolder.open(dir.resolve("io"), record, classes, w -> {});
  }

  @Test
  void oneThreadWritesHoweverManyAreAdded() throws IOException {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    IntFunction<Optional<String>> classes =
        sample -> {
          threads.add(Thread.currentThread().getName());
          return Optional.of("class " + sample % 3);
        };
    try (PictureFolder folder = folder(classes)) {
      try (SampleWriter writer = new SampleWriter(folder, 1)) {
        for (int i = 0; i < 50; i++) {
          writer.add(i, picture);
        }
        writer.await();
      }
      assertEquals(Set.of("lgc-pictures"), threads);
      for (int i = 0; i < 50; i++) {
        assertTrue(folder.has(i), "sample " + i);
      }
    }
  }

  @Test
  void whateverEndsAWriteEndsTheRun() throws IOException {
    Error fault = new StackOverflowError("of the writer");
    IntFunction<Optional<String>> classes =
        sample -> {
          throw fault;
        };
    try (PictureFolder folder = folder(classes);
        SampleWriter writer = new SampleWriter(folder, 1)) {
      writer.add(0, picture);
      assertSame(fault, assertThrows(StackOverflowError.class, writer::await));
    }
  }

  @Test
  void afterCloseNothingIsWritten() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean ended = new AtomicBoolean();
    IntFunction<Optional<String>> classes =
        sample -> {
          begun.countDown();
          long begin = System.nanoTime();
          while (System.nanoTime() - begin < 50_000_000) {
            Thread.onSpinWait(); // a disk that takes its time
          }
          ended.set(true);
          return Optional.empty();
        };
    try (PictureFolder folder = folder(classes)) {
      try (SampleWriter writer = new SampleWriter(folder, 8)) {
        for (int i = 0; i < 5; i++) {
          writer.add(i, picture);
        }
        begun.await();
      }
      assertTrue(ended.get());
      try (Stream<Path> left = Files.list(folder.path())) {
        List<String> names = left.map(p -> p.getFileName().toString()).sorted().toList();
        assertTrue(names.stream().noneMatch(n -> n.endsWith(".tmp")), names.toString());
        assertTrue(names.size() <= 3, names.toString()); // the lock, the record, one picture
      }
    }
  }

  /** Each thread finds the folder of a class that another one is just creating. */
  @Test
  void threadsMayWriteIntoTheSameNewFolders() throws IOException {
    try (PictureFolder folder = folder(sample -> Optional.of("class " + sample / 8))) {
      IntStream.range(0, 256)
          .parallel()
          .forEach(
              sample -> {
                try {
                  folder.write(sample, picture);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      for (int i = 0; i < 256; i++) {
        assertTrue(folder.has(i), "sample " + i);
      }
    }
  }

  @Test
  void aFullDiskIsNamedWithWhatIsKept() throws IOException {
    Path full = Path.of("/dev/full"); // every write to it finds no space
    assumeTrue(Files.exists(full));
    try (PictureFolder folder = folder(sample -> Optional.empty());
        SampleWriter writer = new SampleWriter(folder, 1)) {
      Files.createSymbolicLink(folder.path().resolve(".00001.png.tmp"), full);
      writer.add(0, picture);
      writer.add(1, picture);
      UnwritableException e = assertThrows(UnwritableException.class, writer::await);
      String file = folder.path().resolve("00001.png").toString();
      assertTrue(e.what().startsWith(file + ": cannot be written: No space left"), e.what());
      assertTrue(e.safe().contains("the same command draws the others"), e.safe());
      assertTrue(folder.has(0));
    }
  }
}
