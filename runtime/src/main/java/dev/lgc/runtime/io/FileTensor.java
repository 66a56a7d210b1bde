package dev.lgc.runtime.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A tensor of a file, much of it at a time: such is read, not touched in the file's mapping. To map
 * a page costs the system several times what it costs to copy one, and what is mapped counts as
 * memory of the process.
 *
 * <p>For one thread at a time.
 */
final class FileTensor implements FloatSource {
  /** Bytes that are worth a system call. */
  private static final long WORTH = 1 << 14;

  /** Bytes that are read before they are made floats. */
  private static final long STAGED = 1 << 18;

  private final Path path;
  private final FileChannel channel;
  private final TensorEntry mapped;
  private final long begin;
  private MemorySegment staging;

  /**
   * @param path of the file, for messages
   * @param mapped the same tensor, in the file's mapping
   * @param begin where its bytes begin in the file
   */
  FileTensor(Path path, FileChannel channel, TensorEntry mapped, long begin) {
    this.path = path;
    this.channel = channel;
    this.mapped = mapped;
    this.begin = begin;
  }

  @Override
  public long elements() {
    return mapped.elements();
  }

  @Override
  public void readFloats(long from, MemorySegment into, long offset, long count) {
    int size = mapped.dtype().bytes();
    if (count < WORTH / size) {
      mapped.readFloats(from, into, offset, count);
      return;
    }
    Objects.checkFromIndexSize(from, count, elements());
    MemorySegment to = into.asSlice(offset, 4 * count);
    long at = begin + from * size;
    boolean isSame = mapped.dtype() == StoredType.F32 && isLittleEndian();
    if (isSame && to.isNative()) {
      read(at, to);
      return;
    }
    if (staging == null) {
      staging = Arena.ofAuto().allocate(STAGED, Long.BYTES);
    }
    long part = STAGED / size;
    for (long done = 0; done < count; done += part) {
      long n = Math.min(part, count - done);
      MemorySegment bytes = staging.asSlice(0, n * size);
      read(at + done * size, bytes);
      new TensorEntry(mapped.name(), mapped.dtype(), new long[] {n}, bytes)
          .readFloats(0, to, 4 * done, n);
    }
  }

  private static boolean isLittleEndian() {
    return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
  }

  private void read(long at, MemorySegment into) {
    FileRange.read(path, channel, at, into, mapped.name());
  }
}
