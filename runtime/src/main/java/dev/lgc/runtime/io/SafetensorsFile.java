package dev.lgc.runtime.io;

import dev.lgc.dsl.text.Text;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A safetensors file, mapped into memory. Opening reads only the header; tensors are views of the
 * mapping and cost nothing until they are touched. Who wants all of a large one takes its {@link
 * #source}. The file may be used from any thread, and must not be shortened by anyone while it is
 * open (replacing it, as {@link AtomicFiles} does, is fine).
 *
 * <p>Everything in the header is checked before any tensor is handed out: see {@link
 * SafetensorsHeader}.
 */
public final class SafetensorsFile implements AutoCloseable {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final FileChannel channel;
  private final Arena arena;
  private final Map<String, String> metadata;
  private final Map<String, TensorEntry> tensors = new LinkedHashMap<>();

  /** By name of a tensor: where its bytes begin in the file. */
  private final Map<String, Long> begins = new HashMap<>();

  private SafetensorsFile(Path path, FileChannel channel, Arena arena) {
    this.path = path;
    this.channel = channel;
    this.arena = arena;
    MemorySegment file = map(path, channel, arena);
    SafetensorsHeader header = header(file);
    metadata = Collections.unmodifiableMap(header.metadata());
    long data = 8 + file.get(LENGTH, 0);
    for (SafetensorsHeader.Place p : header.tensors()) {
      MemorySegment bytes = file.asSlice(data + p.begin(), p.end() - p.begin());
      if (bytes.address() % p.dtype().bytes() != 0) {
        // Writers before 0.3 did not pad the header: such tensors are copied to aligned memory.
        bytes = arena.allocate(bytes.byteSize(), 64).copyFrom(bytes).asReadOnly();
      }
      tensors.put(p.name(), new TensorEntry(p.name(), p.dtype(), p.shape(), bytes));
      begins.put(p.name(), data + p.begin());
    }
  }

  /**
   * Opens {@code path} and checks its header.
   *
   * @throws BadInputException if there is no such file or it is not a sound safetensors file
   */
  public static SafetensorsFile open(Path path) {
    FileChannel channel = channel(path);
    Arena arena = Arena.ofShared();
    try {
      return new SafetensorsFile(path, channel, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      close(path, channel);
      throw e;
    }
  }

  private SafetensorsHeader header(MemorySegment file) {
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
          Text.format(
              "the file ends inside its header (%d of %d bytes)", file.byteSize() - 8, headerBytes),
          "a complete file",
          "it is truncated or not a safetensors file");
    }
    long rest = file.byteSize() - 8 - headerBytes;
    return SafetensorsHeader.parse(path, file.asSlice(8, headerBytes), rest);
  }

  /** The whole file, read-only, as long as {@code arena} lives; one error line if that fails. */
  public static MemorySegment mapWhole(Path path, Arena arena) {
    FileChannel channel = channel(path);
    try {
      return map(path, channel, arena);
    } finally {
      close(path, channel);
    }
  }

  private static FileChannel channel(Path path) {
    if (Files.isDirectory(path)) {
      throw BadInputException.in(path, "a directory", "a file", "");
    }
    try {
      return FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new BadInputException(path + ": no such file", "", "check the path", e);
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private static MemorySegment map(Path path, FileChannel channel, Arena arena) {
    try {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private static void close(Path path, FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  static BadInputException unreadable(Path path, IOException e) {
    return new BadInputException(path + ": cannot be read: " + e.getMessage(), "", "", e);
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
              : Text.format(
                  "it has %d: %s%s", tensors.size(), some, tensors.size() > 3 ? ", ..." : ""));
    }
    return t;
  }

  /**
   * The elements of the tensor called {@code name}, for reading all of them: by one thread, while
   * the file is open.
   *
   * @throws BadInputException if there is none
   */
  public FloatSource source(String name) {
    return new FileTensor(path, channel, tensor(name), begins.get(name));
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
    close(path, channel);
  }
}
