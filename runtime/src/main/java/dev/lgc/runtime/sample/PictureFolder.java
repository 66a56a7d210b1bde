package dev.lgc.runtime.sample;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.ImageReader;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FolderLock;
import dev.lgc.runtime.io.UnwritableException;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * A folder of drawn pictures: {@code CLASS/00012.png} is sample 12, and {@value #RECORD} says what
 * they were drawn with. A picture is there completely or not at all, so that a run that was
 * interrupted finds what is left to draw.
 */
public final class PictureFolder implements AutoCloseable {
  /** The file that says what the pictures were drawn with. */
  public static final String RECORD = ".sampling.json";

  private static final int SHOWN = 3;

  /** The last chunk of every PNG: empty, IEND, its checksum. */
  private static final byte[] END_OF_PNG = HexFormat.of().parseHex("0000000049454e44ae426082");

  private final Set<Path> made = ConcurrentHashMap.newKeySet();
  private final Path folder;
  private final IntFunction<Optional<String>> classes;

  private final FolderLock lock;

  private PictureFolder(Path folder, IntFunction<Optional<String>> classes, FolderLock lock) {
    this.folder = folder;
    this.classes = classes;
    this.lock = lock;
  }

  /**
   * A folder that is new, empty, or was begun with the same settings.
   *
   * @param classes the folder of each sample's class, if it has one
   * @param warn is told if its pictures were computed in another way
   * @throws BadInputException if it holds other pictures or other files, or if another process
   *     draws into it
   */
  public static PictureFolder open(
      Path folder,
      SamplingRecord record,
      IntFunction<Optional<String>> classes,
      Consumer<String> warn)
      throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw BadInputException.in(folder, "is a file", "a folder for the pictures", "");
    }
    Path file = folder.resolve(RECORD);
    if (Files.isDirectory(folder) && Files.notExists(file) && !others(folder).isEmpty()) {
      throw BadInputException.in(
          folder,
          "holds other files: " + String.join(", ", others(folder)),
          "an empty folder, or one that `lgc sample` began",
          "name another folder");
    }
    FolderLock lock =
        FolderLock.acquire(
            folder, "a set of pictures", "wait for it, or name another folder", warn);
    try {
      if (Files.notExists(file) || others(folder).isEmpty()) {
        AtomicFiles.writeString(file, record.toJson() + "\n");
      } else {
        compare(folder, file, record, warn);
      }
      return new PictureFolder(folder, classes, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static void compare(Path folder, Path file, SamplingRecord record, Consumer<String> warn)
      throws IOException {
    String hint = "name another folder, use the same settings, or remove the files there";
    SamplingRecord earlier =
        SamplingRecord.parse(Files.readString(file))
            .orElseThrow(
                () ->
                    BadInputException.in(
                        file, "no record of samples", "what lgc sample wrote", hint));
    record.requireSame(earlier, folder, hint);
    record
        .computedOtherwise(earlier)
        .ifPresent(
            how ->
                warn.accept(
                    folder
                        + ": its pictures were computed with "
                        + how
                        + "; new ones may differ by how numbers are rounded"));
  }

  /** Some of what is there beside the record and hidden files. */
  private static List<String> others(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(p -> p.getFileName().toString())
          .filter(n -> !n.startsWith("."))
          .sorted()
          .limit(SHOWN)
          .toList();
    }
  }

  /** The folder. */
  public Path path() {
    return folder;
  }

  /** The file of a sample. */
  public Path file(int sample) {
    Path in = classes.apply(sample).map(folder::resolve).orElse(folder);
    return in.resolve(Text.format("%05d.png", sample));
  }

  /** Returns true if a sample's picture is there, whole. */
  public boolean has(int sample) throws IOException {
    try (FileChannel in = FileChannel.open(file(sample), StandardOpenOption.READ)) {
      ByteBuffer end = ByteBuffer.allocate(END_OF_PNG.length);
      return in.size() > END_OF_PNG.length
          && in.read(end, in.size() - END_OF_PNG.length) == END_OF_PNG.length
          && Arrays.equals(end.array(), END_OF_PNG);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /**
   * Writes a sample's picture. Threads may write different samples at the same time.
   *
   * @throws UnwritableException if there is no space for it, or another reason
   */
  void write(int sample, Picture picture) throws IOException {
    Path file = file(sample);
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    byte[] png = PngGrid.toPng(picture);
    try {
      if (!made.contains(file.getParent())) {
        Files.createDirectories(file.getParent());
        made.add(file.getParent());
      }
      AtomicFiles.place(file, temporary, png);
    } catch (IOException e) {
      throw new UnwritableException(
          file, "existing pictures are kept; the same command draws the others", e);
    }
  }

  /** Reads a sample's picture. */
  public Picture read(int sample) {
    Picture p = new Picture();
    ImageReader.read(file(sample), p);
    return p;
  }

  /** Lets others draw into it. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
