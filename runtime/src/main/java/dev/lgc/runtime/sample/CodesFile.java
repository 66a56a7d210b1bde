package dev.lgc.runtime.sample;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FolderLock;
import dev.lgc.runtime.io.UnwritableException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The codes of samples as JSON, {@code {"tokens":[[…],…]}}, written as they are drawn. Until the
 * last is there they stand in {@code FILE.partial}: a line with what they are drawn with, then a
 * line for each sample, which a run that was interrupted goes on with. Those of a pipe or a device
 * stand in a temporary file, which no run goes on with.
 */
public final class CodesFile implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final Path target;
  private final Path partial;
  private final FileChannel out;
  private int samples;

  CodesFile(Path target, Path partial, FileChannel out, int samples) {
    this.target = target;
    this.partial = partial;
    this.out = out;
    this.samples = samples;
  }

  /**
   * Begins a file, or goes on with one that was begun with the same settings.
   *
   * @param warn is told if what is there was computed in another way
   * @throws BadInputException if it was begun with other settings, or another process writes it
   */
  public static CodesFile open(Path target, SamplingRecord record, Consumer<String> warn)
      throws IOException {
    if (Files.isDirectory(target)) {
      throw BadInputException.in(target, "is a folder", "a file for the codes", "");
    }
    Path partial = partial(target);
    FileChannel out =
        FileChannel.open(
            partial, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      lock(out, partial, warn);
      Optional<Begun> begun = Begun.read(out);
      int samples = begun.map(Begun::samples).orElse(0);
      if (begun.isEmpty() && out.size() > 0) {
        throw BadInputException.in(
            partial,
            "is not a partial file of codes",
            "what lgc sample wrote",
            "rename or remove it");
      }
      if (samples > 0) {
        SamplingRecord earlier = begun.get().record;
        record.requireSame(earlier, partial, "use the same settings, or remove it to start again");
        record
            .computedOtherwise(earlier)
            .ifPresent(
                how ->
                    warn.accept(
                        partial
                            + ": its samples were computed with "
                            + how
                            + "; new ones may differ by how numbers are rounded"));
        out.truncate(begun.get().bytes);
        out.position(begun.get().bytes);
      } else {
        out.truncate(0);
        out.position(0);
        write(out, record.toJson() + "\n", partial, 0);
      }
      return new CodesFile(target, partial, out, samples);
    } catch (IOException | RuntimeException e) {
      out.close();
      throw e;
    }
  }

  /** The file that keeps samples until the last is there. */
  private static Path partial(Path target) throws IOException {
    if (AtomicFiles.isSpecial(target)) {
      return Files.createTempFile("lgc-codes-", ".partial");
    }
    Path file = Files.exists(target) ? target.toRealPath() : target;
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    Files.createDirectories(partial.toAbsolutePath().getParent());
    return partial;
  }

  /** The lock ends with the process, however that ends. */
  private static void lock(FileChannel out, Path partial, Consumer<String> warn) {
    if (!FolderLock.lock(out, partial, warn)) {
      throw BadInputException.in(
          partial, "another process is writing it", "a file of its own for each", "");
    }
  }

  /**
   * The rest of an interrupted run: whole lines.
   *
   * @param bytes where the last whole line ends
   */
  private record Begun(SamplingRecord record, int samples, long bytes) {
    static Optional<Begun> read(FileChannel partial) throws IOException {
      InputStream in = new BufferedInputStream(Channels.newInputStream(partial), BUFFER);
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      long at = readLine(in, line);
      Optional<SamplingRecord> record = SamplingRecord.parse(line.toString(StandardCharsets.UTF_8));
      if (at == 0 || record.isEmpty()) {
        return Optional.empty();
      }
      for (int whole = 0; ; whole++) {
        line.reset();
        long length = readLine(in, line);
        if (length == 0 || !isCodes(line.toByteArray())) {
          return Optional.of(new Begun(record.get(), whole, at));
        }
        at += length;
      }
    }

    /** The bytes of the next line with its end; 0 if it has none. */
    private static long readLine(InputStream in, ByteArrayOutputStream line) throws IOException {
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c == '\n') {
          return line.size() + 1L;
        }
        line.write(c);
      }
      return 0;
    }

    private static boolean isCodes(byte[] line) {
      return line.length > 2 && line[0] == '[' && line[line.length - 1] == ']';
    }
  }

  /** The number of samples that are there. */
  public int samples() {
    return samples;
  }

  /**
   * Appends the next samples.
   *
   * @throws UnwritableException if there is no space for them, or another reason
   */
  public void append(int[][] codes) throws IOException {
    StringBuilder s = new StringBuilder();
    for (int[] sample : codes) {
      for (int i = 0; i < sample.length; i++) {
        s.append(i == 0 ? '[' : ',').append(sample[i]);
      }
      s.append("]\n");
    }
    write(out, s.toString(), partial, samples);
    samples += codes.length;
  }

  private static void write(FileChannel out, String text, Path partial, int samples)
      throws IOException {
    try {
      AtomicFiles.writeFully(out, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      String kept = Text.format("%,d samples exist; the same command resumes", samples);
      throw new UnwritableException(partial, kept, e);
    }
  }

  /**
   * Makes the file of the first {@code count} samples. The partial one goes, unless it has more.
   */
  public Path finish(int count) throws IOException {
    AtomicFiles.write(target, to -> copy(count, to));
    if (samples <= count) {
      Files.deleteIfExists(partial); // while it is locked: another process may begin one at once
    }
    close();
    return target;
  }

  private void copy(int count, FileChannel to) throws IOException {
    out.position(0); // no second channel: closing it would give the lock back
    InputStream in = new BufferedInputStream(Channels.newInputStream(out), BUFFER);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    Begun.readLine(in, line);
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    json.writeBytes("{\"tokens\":[".getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < count; i++) {
      line.reset();
      Begun.readLine(in, line);
      if (i > 0) {
        json.write(',');
      }
      line.writeTo(json);
      if (json.size() > BUFFER) {
        AtomicFiles.writeFully(to, ByteBuffer.wrap(json.toByteArray()));
        json.reset();
      }
    }
    json.writeBytes("]}".getBytes(StandardCharsets.US_ASCII));
    AtomicFiles.writeFully(to, ByteBuffer.wrap(json.toByteArray()));
  }

  /** Leaves what is there for a run that goes on. */
  @Override
  public void close() throws IOException {
    out.close();
    if (AtomicFiles.isSpecial(target)) {
      Files.deleteIfExists(partial);
    }
  }
}
