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
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
  /** A header that is not the one that was written may also be one that was written again. */
  private static final String HEADER_HINT =
      "use a copy or the previous checkpoint; if another program saved the file again, let it"
          + " leave out the metadata "
          + Checksums.KEY;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final FileChannel channel;
  private final Arena arena;
  private final Map<String, String> metadata;
  private final Map<String, TensorEntry> tensors = new LinkedHashMap<>();

  /** Tensors whose numbers cannot be read: type and shape by name. */
  private final Map<String, String> unread = new LinkedHashMap<>();

  private final List<String> allNames;

  /** By name of a tensor: its checksum, if the file says it. */
  private final Map<String, Integer> written = new HashMap<>();

  /** By name of a tensor: where its bytes begin in the file. */
  private final Map<String, Long> begins = new HashMap<>();

  private SafetensorsFile(Path path, FileChannel channel, Arena arena) {
    this.path = path;
    this.channel = channel;
    this.arena = arena;
    MemorySegment file = map(path, channel, arena);
    SafetensorsHeader header = header(file);
    long data = 8 + file.get(LENGTH, 0);
    Optional<Checksums> sums = checksums(header, file.asSlice(8, data - 8));
    Map<String, String> texts = new LinkedHashMap<>(header.metadata());
    texts.remove(Checksums.KEY);
    metadata = Collections.unmodifiableMap(texts);
    allNames = header.tensors().stream().map(SafetensorsHeader.Place::name).toList();
    for (int i = 0; i < header.tensors().size(); i++) {
      SafetensorsHeader.Place p = header.tensors().get(i);
      if (sums.isPresent()) {
        written.put(p.name(), sums.get().tensors().get(i));
      }
      if (p.dtype().isEmpty()) {
        unread.put(p.name(), p.code() + Arrays.toString(p.shape()));
        continue;
      }
      MemorySegment bytes = file.asSlice(data + p.begin(), p.end() - p.begin());
      StoredType dtype = p.dtype().get();
      if (bytes.address() % dtype.bytes() != 0) {
        // Writers before 0.3 did not pad the header: such tensors are copied to aligned memory.
        bytes = arena.allocate(bytes.byteSize(), 64).copyFrom(bytes).asReadOnly();
      }
      tensors.put(p.name(), new TensorEntry(p.name(), dtype, p.shape(), bytes));
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

  /** Those that the file says, with the header's checked. */
  private Optional<Checksums> checksums(SafetensorsHeader header, MemorySegment text) {
    try {
      Optional<Checksums> sums = Checksums.of(header.metadata(), header.tensors().size());
      if (sums.isEmpty() || sums.get().areOf(text.toArray(ValueLayout.JAVA_BYTE))) {
        return sums;
      }
    } catch (IllegalArgumentException e) {
      throw new DamagedFileException(path, "its header", HEADER_HINT, e);
    }
    throw new DamagedFileException(path, "its header", HEADER_HINT, null);
  }

  private SafetensorsHeader header(MemorySegment file) {
    try {
      return sound(file);
    } catch (BadInputException e) {
      throw ForeignFile.recognise(path, file).orElse(e);
    }
  }

  private SafetensorsHeader sound(MemorySegment file) {
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
      throw ForeignFile.ofFolder(path)
          .orElseGet(() -> BadInputException.in(path, "a directory", "a file", ""));
    }
    try {
      return FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new BadInputException(path + ": no such file", "", "check the path", e);
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  private static MemorySegment map(Path path, FileChannel channel, Arena arena) {
    try {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  private static void close(Path path, FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  /** The path of the file. */
  public Path path() {
    return path;
  }

  /** The names of the tensors that can be read, in the order of the header. */
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /** Returns true if there is a tensor called {@code name}, of whatever type. */
  public boolean contains(String name) {
    return tensors.containsKey(name) || unread.containsKey(name);
  }

  /**
   * The tensor called {@code name}.
   *
   * @throws BadInputException if there is none, or it is of a type that is not read
   */
  public TensorEntry tensor(String name) {
    TensorEntry t = tensors.get(name);
    if (unread.containsKey(name)) {
      throw BadInputException.in(
          path,
          name + " is " + unread.get(name),
          "one of " + Arrays.toString(StoredType.values()),
          "convert it to F32 or BF16");
    }
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
   * the file is open. {@link FileTensor#check} says then whether they are sound.
   *
   * @throws BadInputException if there is none
   */
  public FileTensor source(String name) {
    TensorEntry t = tensor(name);
    Integer sum = written.get(name);
    OptionalInt known = sum == null ? OptionalInt.empty() : OptionalInt.of(sum);
    return new FileTensor(path, channel, t, begins.get(name), known);
  }

  /** Returns true if it has checksums of its tensors. */
  public boolean hasChecksums() {
    return !written.isEmpty();
  }

  /**
   * Reads all tensors that can be read.
   *
   * @throws DamagedFileException if one is not the one that was written
   * @throws BadInputException if one has numbers that are not finite
   */
  public void check() {
    List<String> names = names();
    Parallel.each(names.size(), i -> source(names.get(i)).readAll());
  }

  /** The names of all tensors, in the order of the header; {@link #tensor} may refuse some. */
  public List<String> allNames() {
    return allNames;
  }

  /** All tensors that can be read, in the order of the header. */
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
