package dev.lgc.runtime.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A safetensors file, mapped into memory. Opening reads only the header; tensors are views of the
 * mapping and cost nothing until they are touched. The file may be used from any thread, and must
 * not be shortened by anyone while it is open (replacing it, as {@link AtomicFiles} does, is fine).
 *
 * <p>Everything in the header is checked before any tensor is handed out: see {@link
 * SafetensorsHeader}.
 */
public final class SafetensorsFile implements AutoCloseable {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final Arena arena;
  private final Map<String, String> metadata;
  private final Map<String, TensorEntry> tensors;

  private SafetensorsFile(
      Path path, Arena arena, Map<String, String> metadata, Map<String, TensorEntry> tensors) {
    this.path = path;
    this.arena = arena;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Opens {@code path} and checks its header.
   *
   * @throws BadInputException if there is no such file or it is not a sound safetensors file
   */
  public static SafetensorsFile open(Path path) {
    Arena arena = Arena.ofShared();
    try {
      SafetensorsFile opened = map(path, arena);
      arena = null;
      return opened;
    } finally {
      if (arena != null) {
        arena.close();
      }
    }
  }

  private static SafetensorsFile map(Path path, Arena arena) {
    MemorySegment file = mapWhole(path, arena);
    if (file.byteSize() < 8) {
      throw BadInputException.in(
          path, "only " + file.byteSize() + " bytes", "a safetensors file", "is it truncated?");
    }
    long headerBytes = file.get(LENGTH, 0);
    if (headerBytes < 2 || headerBytes > SafetensorsHeader.MOST_BYTES) {
      throw BadInputException.in(
          path,
          "header length " + Long.toUnsignedString(headerBytes),
          "2 to " + SafetensorsHeader.MOST_BYTES,
          "this is not a safetensors file");
    }
    if (headerBytes > file.byteSize() - 8) {
      throw BadInputException.in(
          path,
          "the file ends inside its header (%d of %d bytes)"
              .formatted(file.byteSize() - 8, headerBytes),
          "a complete file",
          "it is truncated or not a safetensors file");
    }
    MemorySegment data = file.asSlice(8 + headerBytes);
    SafetensorsHeader header =
        SafetensorsHeader.parse(path, file.asSlice(8, headerBytes), data.byteSize());
    Map<String, TensorEntry> tensors = LinkedHashMap.newLinkedHashMap(header.tensors().size());
    for (SafetensorsHeader.Place p : header.tensors()) {
      MemorySegment bytes = data.asSlice(p.begin(), p.end() - p.begin());
      if (bytes.address() % p.dtype().bytes() != 0) {
        // Writers before 0.3 did not pad the header: such tensors are copied to aligned memory.
        bytes = arena.allocate(bytes.byteSize(), 64).copyFrom(bytes).asReadOnly();
      }
      tensors.put(p.name(), new TensorEntry(p.name(), p.dtype(), p.shape(), bytes));
    }
    return new SafetensorsFile(path, arena, header.metadata(), tensors);
  }

  /** The whole file, read-only, as long as {@code arena} lives; one error line if that fails. */
  public static MemorySegment mapWhole(Path path, Arena arena) {
    if (Files.isDirectory(path)) {
      throw BadInputException.in(path, "a directory", "a file", "");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (NoSuchFileException e) {
      throw new BadInputException(path + ": no such file", "", "check the path", e);
    } catch (IOException e) {
      throw new BadInputException(path + ": cannot be read: " + e.getMessage(), "", "", e);
    }
  }

  /** Where the file is. */
  public Path path() {
    return path;
  }

  /** The names of the tensors, in the order of the header. */
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /** Whether there is a tensor called {@code name}. */
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /**
   * The tensor called {@code name}.
   *
   * @throws BadInputException if there is none
   */
  public TensorEntry tensor(String name) {
    TensorEntry t = tensors.get(name);
    if (t == null) {
      String some = tensors.keySet().stream().limit(3).collect(Collectors.joining(", "));
      throw BadInputException.in(
          path,
          "no tensor " + name,
          "one",
          tensors.isEmpty()
              ? "the file is empty"
              : "it has %d: %s%s"
                  .formatted(tensors.size(), some, tensors.size() > 3 ? ", ..." : ""));
    }
    return t;
  }

  /** All tensors, in the order of the header. */
  public List<TensorEntry> tensors() {
    return List.copyOf(tensors.values());
  }

  /** The file's {@code __metadata__}: text by name; empty if it has none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Unmaps the file: its tensors can no longer be read. */
  @Override
  public void close() {
    arena.close();
  }
}
