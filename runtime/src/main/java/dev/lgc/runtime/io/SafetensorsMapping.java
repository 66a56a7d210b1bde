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

/** One safetensors file on the disk, mapped into memory, with its header checked. */
final class SafetensorsMapping implements AutoCloseable {
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
  private final long bytes;
  private final Optional<Checksums> sums;
  private final Map<String, String> metadata;
  private final List<String> allNames;
  private final Map<String, TensorEntry> tensors = new LinkedHashMap<>();

  /** Tensors whose numbers cannot be read: type and shape by name. */
  private final Map<String, String> unread = new LinkedHashMap<>();

  /** By name of a tensor: its checksum, if the file says it. */
  private final Map<String, Integer> written = new HashMap<>();

  /** By name of a tensor: where its bytes begin in the file. */
  private final Map<String, Long> begins = new HashMap<>();

  private SafetensorsMapping(Path path, FileChannel channel, Arena arena) {
    this.path = path;
    this.channel = channel;
    this.arena = arena;
    MemorySegment file = map(path, channel, arena);
    bytes = file.byteSize();
    SafetensorsHeader header = header(file);
    long data = 8 + file.get(LENGTH, 0);
    sums = checksums(header, file.asSlice(8, data - 8));
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
      MemorySegment tensor = file.asSlice(data + p.begin(), p.end() - p.begin());
      StoredType dtype = p.dtype().get();
      if (tensor.address() % dtype.bytes() != 0) {
        // Writers before 0.3 did not pad the header: such tensors are copied to aligned memory.
        tensor = arena.allocate(tensor.byteSize(), 64).copyFrom(tensor).asReadOnly();
      }
      tensors.put(p.name(), new TensorEntry(p.name(), dtype, p.shape(), tensor));
      begins.put(p.name(), data + p.begin());
    }
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws BadInputException if there is no such file or it is not a sound safetensors file
   */
  static SafetensorsMapping open(Path path) {
    FileChannel channel = channel(path);
    Arena arena = Arena.ofShared();
    try {
      return new SafetensorsMapping(path, channel, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      close(path, channel);
      throw e;
    }
  }

  /** Those that the file says, with the header's checked. */
  private Optional<Checksums> checksums(SafetensorsHeader header, MemorySegment text) {
    try {
      Optional<Checksums> said = Checksums.of(header.metadata(), header.tensors().size());
      if (said.isEmpty() || said.get().areOf(text.toArray(ValueLayout.JAVA_BYTE))) {
        return said;
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

  static FileChannel channel(Path path) {
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

  static MemorySegment map(Path path, FileChannel channel, Arena arena) {
    try {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  static void close(Path path, FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  Path path() {
    return path;
  }

  /** Bytes of the file. */
  long bytes() {
    return bytes;
  }

  /** Its checksums; empty if it has none. */
  Optional<Checksums> checksums() {
    return sums;
  }

  /** Its {@code __metadata__} but for the checksums. */
  Map<String, String> metadata() {
    return metadata;
  }

  /** The names of all tensors, in the order of the header. */
  List<String> allNames() {
    return allNames;
  }

  /** The tensors that can be read, by name, in the order of the header. */
  Map<String, TensorEntry> tensors() {
    return tensors;
  }

  /** The tensors whose numbers cannot be read: type and shape by name. */
  Map<String, String> unread() {
    return unread;
  }

  /** The bytes of a tensor that can be read, for reading them. */
  FilePart part(String name) {
    Integer sum = written.get(name);
    OptionalInt known = sum == null ? OptionalInt.empty() : OptionalInt.of(sum);
    return new FilePart(path, channel, tensors.get(name), begins.get(name), known);
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    arena.close();
    close(path, channel);
  }
}
