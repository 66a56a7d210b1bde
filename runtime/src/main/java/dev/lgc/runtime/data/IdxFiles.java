package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * Pictures in the IDX format of MNIST and its relatives: one file of unsigned bytes {@code [n,
 * height, width]} (grey) or {@code [n, height, width, 3]}, one of labels {@code [n]}, each gzipped
 * or not. They are held in memory.
 */
public final class IdxFiles implements PictureSource {
  /** DEFLATE cannot do better, so a header that promises more is a lie. */
  private static final long BEST_COMPRESSION = 1032;

  private static final int BYTES = 0x0800;

  private final Idx pictures;
  private final Idx labels;
  private final List<String> classes;

  /** A whole file: its dimensions and, from {@code start} on, its bytes. */
  private record Idx(int[] shape, byte[] bytes) {}

  private IdxFiles(Idx pictures, Idx labels) {
    this.pictures = pictures;
    this.labels = labels;
    int most = IntStream.range(0, size()).map(this::label).max().orElse(0);
    this.classes = IntStream.rangeClosed(0, most).mapToObj(Integer::toString).toList();
  }

  /**
   * Reads both files.
   *
   * @throws BadInputException if either is missing or unsound, or they differ in length
   */
  public static IdxFiles open(Path pictures, Path labels) {
    Idx p = read(pictures);
    if (p.shape.length != 3 && !(p.shape.length == 4 && p.shape[3] == 3)) {
      throw BadInputException.in(
          pictures, p.shape.length + " dimensions", "pictures: [n, h, w] or [n, h, w, 3]", "");
    }
    Idx l = read(labels);
    if (l.shape.length != 1) {
      throw BadInputException.in(labels, l.shape.length + " dimensions", "labels: one", "");
    }
    if (l.shape[0] != p.shape[0]) {
      throw BadInputException.in(
          labels,
          l.shape[0] + " labels",
          p.shape[0] + ", as many as pictures",
          "do both files belong together?");
    }
    return new IdxFiles(p, l);
  }

  private static Idx read(Path file) {
    try {
      long stored = Files.size(file);
      try (InputStream in = Files.newInputStream(file)) {
        byte[] start = in.readNBytes(2);
        boolean zipped = start.length == 2 && start[0] == 0x1f && start[1] == (byte) 0x8b;
        InputStream all = new java.io.SequenceInputStream(new ByteArrayInputStream(start), in);
        return zipped
            ? read(file, new GZIPInputStream(all, 1 << 16), stored * BEST_COMPRESSION)
            : read(file, all, stored);
      }
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": no such file", "", "check the path", e);
    } catch (IOException e) {
      throw new BadInputException(
          file + ": damaged: " + e.getMessage(), "an IDX file, gzipped or not", "", e);
    } catch (OutOfMemoryError e) {
      throw new BadInputException(file + ": does not fit in memory", "", "raise -Xmx", e);
    }
  }

  private static Idx read(Path file, InputStream in, long most) throws IOException {
    byte[] head = in.readNBytes(4);
    int magic = head.length < 4 ? 0 : ByteBuffer.wrap(head).getInt();
    int dimensions = magic & 0xff;
    if ((magic & ~0xff) != BYTES || dimensions < 1 || dimensions > 4) {
      throw BadInputException.in(
          file,
          Text.format("magic number 0x%08x", magic),
          "0x000008NN: unsigned bytes",
          "not IDX?");
    }
    byte[] sizes = in.readNBytes(4 * dimensions);
    if (sizes.length < 4 * dimensions) {
      throw BadInputException.in(file, "it ends in its header", "a whole file", "");
    }
    int[] shape = new int[dimensions];
    long bytes = 1;
    for (int i = 0; i < dimensions; i++) {
      shape[i] = ByteBuffer.wrap(sizes).getInt(4 * i);
      if (shape[i] < 1 || shape[i] > most || bytes * shape[i] > Math.min(most, 1 << 30)) {
        throw BadInputException.in(
            file, Text.format("dimension %d is %d", i, shape[i]), "what the file can hold", "");
      }
      bytes *= shape[i];
    }
    byte[] content = in.readNBytes((int) bytes);
    if (content.length < bytes) {
      throw BadInputException.in(
          file, Text.format("%d of %d bytes", content.length, bytes), "a whole file", "truncated?");
    }
    if (in.read() >= 0) {
      throw BadInputException.in(file, "more bytes than its dimensions say", bytes + "", "");
    }
    return new Idx(shape, content);
  }

  @Override
  public int size() {
    return labels.bytes.length;
  }

  @Override
  public int label(int i) {
    return labels.bytes[i] & 0xff;
  }

  @Override
  public void read(int i, Picture into) {
    int h = pictures.shape[1];
    int w = pictures.shape[2];
    int channels = pictures.shape.length == 4 ? 3 : 1;
    into.resize(w, h);
    int from = java.util.Objects.checkIndex(i, size()) * h * w * channels;
    if (channels == 3) {
      System.arraycopy(pictures.bytes, from, into.rgb(), 0, 3 * h * w);
      return;
    }
    for (int k = 0; k < h * w; k++) {
      byte grey = pictures.bytes[from + k];
      into.rgb()[3 * k] = grey;
      into.rgb()[3 * k + 1] = grey;
      into.rgb()[3 * k + 2] = grey;
    }
  }

  @Override
  public List<String> classes() {
    return classes;
  }

  @Override
  public String name(int i) {
    return "picture " + i;
  }
}
