package dev.lgc.runtime.sample;

import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The codes of samples as JSON, {@code {"tokens":[[…],…]}}, written as they are drawn. Until the
 * last is there they stand in {@code FILE.partial}: a line with what they are drawn with, then a
 * line for each sample, which a run that was interrupted goes on with.
 */
public final class CodesFile implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final Path target;
  private final Path partial;
  private final FileChannel out;
  private int samples;

  private CodesFile(Path target, Path partial, FileChannel out, int samples) {
    this.target = target;
    this.partial = partial;
    this.out = out;
    this.samples = samples;
  }

  /**
   * Begins a file, or goes on with one that was begun with the same settings.
   *
   * @param batch samples that are appended at a time: what is there is cut to a multiple
   * @throws BadInputException if it was begun with other settings
   */
  public static CodesFile open(Path target, SamplingRecord record, int batch) throws IOException {
    if (Files.isDirectory(target)) {
      throw BadInputException.in(target, "is a folder", "a file for the codes", "");
    }
    Path partial = target.resolveSibling(target.getFileName() + ".partial");
    Files.createDirectories(partial.toAbsolutePath().getParent());
    FileChannel out =
        FileChannel.open(
            partial, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      lock(out, partial);
      Optional<Begun> begun = Begun.read(out, batch);
      int samples = begun.map(Begun::samples).orElse(0);
      if (begun.isEmpty() && out.size() > 0) {
        throw BadInputException.in(
            partial,
            "is no part of a file of codes",
            "what lgc sample wrote",
            "rename or remove it");
      }
      if (samples > 0) {
        record.requireSame(
            begun.get().record, partial, "ask for the same again, or remove it to begin anew");
        out.truncate(begun.get().bytes);
        out.position(begun.get().bytes);
      } else {
        out.truncate(0);
        out.position(0);
        AtomicFiles.writeFully(out, bytes(record.toJson() + "\n"));
      }
      return new CodesFile(target, partial, out, samples);
    } catch (IOException | RuntimeException e) {
      out.close();
      throw e;
    }
  }

  /** The lock ends with the process, however that ends. */
  private static void lock(FileChannel out, Path partial) throws IOException {
    boolean locked;
    try {
      locked = out.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      locked = false;
    }
    if (!locked) {
      throw BadInputException.in(
          partial, "another process is writing it", "a file of its own for each", "");
    }
  }

  /**
   * What an interrupted run left: whole lines.
   *
   * @param bytes where the last whole batch ends
   */
  private record Begun(SamplingRecord record, int samples, long bytes) {
    static Optional<Begun> read(FileChannel partial, int batch) throws IOException {
      InputStream in = new BufferedInputStream(Channels.newInputStream(partial), BUFFER);
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      long at = readLine(in, line);
      Optional<SamplingRecord> record = SamplingRecord.parse(line.toString(StandardCharsets.UTF_8));
      if (at == 0 || record.isEmpty()) {
        return Optional.empty();
      }
      int whole = 0;
      long end = at;
      for (int n = 1; ; n++) {
        line.reset();
        long length = readLine(in, line);
        if (length == 0 || !isCodes(line.toByteArray())) {
          return Optional.of(new Begun(record.get(), whole, end));
        }
        at += length;
        if (n % batch == 0) {
          whole = n;
          end = at;
        }
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

  /** How many samples are there. */
  public int samples() {
    return samples;
  }

  /** Appends the next samples. */
  public void append(int[][] codes) throws IOException {
    StringBuilder s = new StringBuilder();
    for (int[] sample : codes) {
      for (int i = 0; i < sample.length; i++) {
        s.append(i == 0 ? '[' : ',').append(sample[i]);
      }
      s.append("]\n");
    }
    AtomicFiles.writeFully(out, bytes(s.toString()));
    samples += codes.length;
  }

  /**
   * Makes the file of the first {@code count} samples. The partial one goes, unless it has more.
   */
  public Path finish(int count) throws IOException {
    AtomicFiles.write(target, to -> copy(count, to));
    close();
    if (samples <= count) {
      Files.deleteIfExists(partial);
    }
    return target;
  }

  private void copy(int count, FileChannel to) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(partial), BUFFER)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      Begun.readLine(in, line);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes("{\"tokens\":[".getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < count; i++) {
        line.reset();
        Begun.readLine(in, line);
        if (i > 0) {
          out.write(',');
        }
        line.writeTo(out);
        if (out.size() > BUFFER) {
          AtomicFiles.writeFully(to, ByteBuffer.wrap(out.toByteArray()));
          out.reset();
        }
      }
      out.writeBytes("]}".getBytes(StandardCharsets.US_ASCII));
      AtomicFiles.writeFully(to, ByteBuffer.wrap(out.toByteArray()));
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Leaves what is there for a run that goes on. */
  @Override
  public void close() throws IOException {
    out.close();
  }
}
