package dev.lgc.runtime.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.zip.CRC32C;

/**
 * The bytes of a tensor, or of a block of it, that follow each other in one file. It sums up what
 * it reads as long as that is in order. For one thread at a time.
 */
final class FilePart {
  /** Bytes that are worth a system call. */
  private static final long WORTH = 1 << 14;

  /** Bytes that are read, and looked at, before the next are. */
  static final long STAGED = 1 << 18;

  private static final ValueLayout.OfLong TWO = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt ONE = ValueLayout.JAVA_INT_UNALIGNED;

  private final Path path;
  private final FileChannel channel;
  private final TensorEntry mapped;
  private final long begin;
  private final OptionalInt written;
  private final CRC32C sum = new CRC32C();

  /** The bytes that {@code sum} is of: as many from the first. */
  private long summed;

  private boolean read;
  private boolean suspicious;
  private MemorySegment staging;

  /**
   * @param path of the file, for messages
   * @param mapped the same bytes, in the file's mapping
   * @param begin where they begin in the file
   * @param written their CRC-32C, if the file says it
   */
  FilePart(Path path, FileChannel channel, TensorEntry mapped, long begin, OptionalInt written) {
    this.path = path;
    this.channel = channel;
    this.mapped = mapped;
    this.begin = begin;
    this.written = written;
  }

  long elements() {
    return mapped.elements();
  }

  /** Element {@code i} as f32. */
  float at(long i) {
    return (float) mapped.numberAt(i);
  }

  /** Returns true if some of it was read. */
  boolean wasRead() {
    return read;
  }

  /** Returns true if some number that was read is not finite. */
  boolean isSuspicious() {
    return suspicious;
  }

  /** Fills {@code to} with elements from {@code from} on, as f32. */
  void readFloats(long from, MemorySegment to) {
    int size = mapped.dtype().bytes();
    long count = to.byteSize() / Float.BYTES;
    read |= count > 0;
    if (count < WORTH / size) {
      mapped.readFloats(from, to, 0, count);
      sum(from * size, mapped.data().asSlice(from * size, count * size));
      suspicious |= hasNonFinite(to);
      return;
    }
    boolean isSame = mapped.dtype() == StoredType.F32 && isLittleEndian() && to.isNative();
    long part = STAGED / size;
    for (long done = 0; done < count; done += part) {
      long n = Math.min(part, count - done);
      long at = (from + done) * size;
      MemorySegment floats = to.asSlice(4 * done, 4 * n);
      MemorySegment bytes = isSame ? floats : staging().asSlice(0, n * size);
      FileRange.read(path, channel, begin + at, bytes, mapped.name());
      sum(at, bytes);
      if (!isSame) {
        new TensorEntry(mapped.name(), mapped.dtype(), new long[] {n}, bytes)
            .readFloats(0, floats, 0, n);
      }
      suspicious |= hasNonFinite(floats);
    }
  }

  private static boolean isLittleEndian() {
    return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
  }

  /** Goes on with the sum, if these are the bytes that come next. */
  private void sum(long at, MemorySegment bytes) {
    if (written.isPresent() && at == summed) {
      Crc32c.update(sum, bytes);
      summed += bytes.byteSize();
    }
  }

  /**
   * Checks all of its bytes, if the file says their checksum; those that were not summed up are
   * read for it.
   *
   * @throws DamagedFileException if they are not those that were written
   */
  void checkBytes() {
    if (written.isPresent()) {
      sumRest();
      if ((int) sum.getValue() != written.getAsInt()) {
        throw new DamagedFileException(path, mapped.name(), null);
      }
    }
  }

  /** Reads what was not summed up. Not through the mapping: its pages count as the process's. */
  private void sumRest() {
    long bytes = mapped.data().byteSize();
    MemorySegment part = summed < bytes ? staging() : null;
    while (summed < bytes) {
      MemorySegment some = part.asSlice(0, Math.min(STAGED, bytes - summed));
      FileRange.read(path, channel, begin + summed, some, mapped.name());
      sum(summed, some);
    }
  }

  private MemorySegment staging() {
    if (staging == null) {
      staging = Arena.ofAuto().allocate(STAGED, Long.BYTES);
    }
    return staging;
  }

  /**
   * Returns true if some float is NaN or infinite: all ones in its exponent. Adding one to the
   * exponent of such a number carries into the sign, which was taken away; two are looked at
   * together.
   */
  private static boolean hasNonFinite(MemorySegment floats) {
    long found = 0;
    int pairs = (int) (floats.byteSize() / 8);
    for (int i = 0; i < pairs; i++) {
      found |= (floats.get(TWO, 8L * i) & 0x7fffffff_7fffffffL) + 0x00800000_00800000L;
    }
    if (floats.byteSize() % 8 != 0) {
      found |= (floats.get(ONE, 8L * pairs) & 0x7fffffff) + 0x00800000 & 0xffffffffL;
    }
    return (found & 0x80000000_80000000L) != 0;
  }
}
