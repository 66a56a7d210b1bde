package dev.lgc.runtime.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Writes safetensors files, atomically and without gathering the tensors in memory. The same
 * tensors and metadata give the same bytes: tensors are ordered by falling element size, then by
 * name, which also keeps each of them aligned, and the header is padded to a multiple of 8 bytes,
 * as the reference implementation does. The metadata has {@link Checksums}, which are computed
 * while the tensors are written.
 */
public final class SafetensorsWriter {
  private static final JsonFactory JSON = new JsonFactory();
  private static final long CHUNK = 8 << 20;

  private SafetensorsWriter() {}

  /** A tensor to be written, whose bytes are in one or several pieces. */
  private record Content(TensorInfo info, List<MemorySegment> data) {
    static Content of(TensorEntry t) {
      List<Long> dims = Arrays.stream(t.shape()).boxed().toList();
      return new Content(new TensorInfo(t.name(), t.dtype(), dims), List.of(t.data()));
    }

    long bytes() {
      return data.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    int sum() {
      CRC32C sum = new CRC32C();
      data.forEach(d -> Crc32c.update(sum, d));
      return (int) sum.getValue();
    }

    boolean isAccessibleBy(Thread thread) {
      return data.stream().allMatch(d -> d.isAccessibleBy(thread));
    }
  }

  /**
   * Replaces the file at {@code path}.
   *
   * @param metadata text by name; may be empty
   * @param tensors in any order; each {@code data} is little-endian
   * @throws IOException if it cannot be written; the old file is then still there
   * @throws IllegalArgumentException if two tensors have one name, or a name is {@code
   *     __metadata__}
   */
  public static WrittenFile write(
      Path path, Map<String, String> metadata, List<TensorEntry> tensors) throws IOException {
    return writeAll(path, metadata, ordered(tensors.stream().map(Content::of)));
  }

  /**
   * Replaces the file at {@code path} by all of another one, whose tensors may be in shards: by the
   * file that has them whole. Nothing is gathered in memory.
   *
   * @param from which is {@linkplain SafetensorsFile#check checked} here
   * @throws BadInputException if something in it is damaged
   * @throws IOException if it cannot be written; the old file is then still there
   */
  public static WrittenFile write(Path path, SafetensorsFile from) throws IOException {
    from.check();
    Stream<Content> all =
        from.allNames().stream().map(n -> new Content(from.info(n), from.data(n)));
    return writeAll(path, from.metadata(), ordered(all));
  }

  private static WrittenFile writeAll(
      Path path, Map<String, String> metadata, List<Content> ordered) throws IOException {
    Map<String, String> all = new TreeMap<>(metadata);
    all.put(Checksums.KEY, Checksums.placeholder(ordered.size()));
    byte[] header = header(all, ordered);
    int[] own = new int[1];
    AtomicFiles.write(
        path,
        out -> {
          CompletableFuture<List<Integer>> sums = checksums(ordered);
          try {
            AtomicFiles.writeFully(out, ByteBuffer.wrap(header));
            for (Content t : ordered) {
              for (MemorySegment data : t.data()) {
                writeSegment(out, data);
              }
            }
          } finally {
            sums.join(); // the tensors are the caller's again when this returns
          }
          byte[] text = Arrays.copyOfRange(header, 8, header.length);
          own[0] = Checksums.complete(text, sums.join());
          out.position(8);
          AtomicFiles.writeFully(out, ByteBuffer.wrap(text));
        });
    return new WrittenFile(
        header.length + ordered.stream().mapToLong(Content::bytes).sum(), own[0]);
  }

  /** The tensors' checksums, computed by other threads where these may read the tensors. */
  private static CompletableFuture<List<Integer>> checksums(List<Content> tensors) {
    Thread other = Thread.ofPlatform().unstarted(() -> {});
    return tensors.stream().allMatch(t -> t.isAccessibleBy(other))
        ? CompletableFuture.supplyAsync(() -> sums(tensors.parallelStream()))
        : CompletableFuture.completedFuture(sums(tensors.stream()));
  }

  private static List<Integer> sums(Stream<Content> tensors) {
    return tensors.map(Content::sum).toList();
  }

  /** Writes all bytes of {@code data} at the channel's position; native memory is not copied. */
  public static void writeSegment(FileChannel out, MemorySegment data) throws IOException {
    ByteBuffer copy =
        data.isNative() || data.byteSize() == 0
            ? null
            : ByteBuffer.allocateDirect((int) Math.min(CHUNK, data.byteSize()));
    for (long at = 0; at < data.byteSize(); at += CHUNK) {
      MemorySegment chunk = data.asSlice(at, Math.min(CHUNK, data.byteSize() - at));
      if (copy != null) {
        MemorySegment.ofBuffer(copy.clear()).copyFrom(chunk);
        AtomicFiles.writeFully(out, copy.limit((int) chunk.byteSize()));
      } else {
        AtomicFiles.writeFully(out, chunk.asByteBuffer());
      }
    }
  }

  private static List<Content> ordered(Stream<Content> tensors) {
    List<Content> ordered =
        tensors.sorted(Comparator.comparing(Content::info, TensorInfo.ORDER)).toList();
    Set<String> names = new HashSet<>();
    for (Content t : ordered) {
      String name = t.info().name();
      if (name.equals("__metadata__") || !names.add(name)) {
        throw new IllegalArgumentException("tensor name " + name + " is used twice");
      }
    }
    return ordered;
  }

  private static byte[] header(Map<String, String> metadata, List<Content> tensors)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024 + tensors.size() * 100);
    bytes.writeBytes(new byte[8]);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart("__metadata__");
        for (Map.Entry<String, String> e : new TreeMap<>(metadata).entrySet()) {
          json.writeStringField(e.getKey(), e.getValue());
        }
        json.writeEndObject();
      }
      long at = 0;
      for (Content t : tensors) {
        long end = at + t.bytes();
        json.writeObjectFieldStart(t.info().name());
        json.writeStringField("dtype", t.info().dtype().name());
        writeLongs(json, "shape", t.info().shape());
        writeLongs(json, "data_offsets", at, end);
        json.writeEndObject();
        at = end;
      }
      json.writeEndObject();
    }
    int unpadded = bytes.size();
    byte[] padded = Arrays.copyOf(bytes.toByteArray(), (unpadded + 7) & -8);
    Arrays.fill(padded, unpadded, padded.length, (byte) ' ');
    if (padded.length - 8 > SafetensorsHeader.MOST_BYTES) {
      throw new IOException("a header of " + padded.length + " bytes is too long for safetensors");
    }
    ByteBuffer header = ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(0, padded.length - 8);
    return padded;
  }

  private static void writeLongs(JsonGenerator json, String field, long... values)
      throws IOException {
    json.writeArrayFieldStart(field);
    for (long v : values) {
      json.writeNumber(v);
    }
    json.writeEndArray();
  }
}
