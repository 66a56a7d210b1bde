package dev.lgc.runtime.io;

import dev.lgc.dsl.text.Text;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.zip.CRC32C;

/**
 * A tensor of a file, read in large parts instead of through the file's mapping. Mapping a page
 * costs the system several times as much as copying it, and mapped pages count as memory of the
 * process.
 *
 * <p>Data is checked as it is read, while it is in the processor's cache: {@link #check} then says
 * whether the bytes are those that were written, and the numbers are finite.
 *
 * <p>For one thread at a time.
 */
public final class FileTensor implements FloatSource {
  /** Bytes that are worth a system call. */
  private static final long WORTH = 1 << 14;

  /** Bytes that are read, and looked at, before the next are. */
  private static final long STAGED = 1 << 18;

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

  private boolean suspicious;
  private MemorySegment staging;

  /**
   * @param path of the file, for messages
   * @param mapped the same tensor, in the file's mapping
   * @param begin where its bytes begin in the file
   * @param written the CRC-32C of its bytes, if the file says it
   */
  FileTensor(Path path, FileChannel channel, TensorEntry mapped, long begin, OptionalInt written) {
    this.path = path;
    this.channel = channel;
    this.mapped = mapped;
    this.begin = begin;
    this.written = written;
  }

  @Override
  public long elements() {
    return mapped.elements();
  }

  @Override
  public void readFloats(long from, MemorySegment into, long offset, long count) {
    int size = mapped.dtype().bytes();
    MemorySegment to = into.asSlice(offset, 4 * count);
    if (count < WORTH / size) {
      mapped.readFloats(from, to, 0, count);
      sum(from * size, mapped.data().asSlice(from * size, count * size));
      suspicious |= hasNonFinite(to);
      return;
    }
    Objects.checkFromIndexSize(from, count, elements());
    boolean isSame = mapped.dtype() == StoredType.F32 && isLittleEndian() && to.isNative();
    if (staging == null && !isSame) {
      staging = Arena.ofAuto().allocate(STAGED, Long.BYTES);
    }
    long part = STAGED / size;
    for (long done = 0; done < count; done += part) {
      long n = Math.min(part, count - done);
      long at = (from + done) * size;
      MemorySegment floats = to.asSlice(4 * done, 4 * n);
      MemorySegment bytes = isSame ? floats : staging.asSlice(0, n * size);
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

  /** Reads everything, and checks it. */
  void readAll() {
    int part = (int) STAGED / Float.BYTES;
    MemorySegment floats = MemorySegment.ofArray(new float[(int) Math.min(part, elements())]);
    for (long at = 0; at < elements(); at += part) {
      readFloats(at, floats, 0, Math.min(part, elements() - at));
    }
    check();
  }

  /**
   * Checks what was read: the whole tensor's bytes, if the file says their checksum, and the
   * numbers that {@link #readFloats} gave.
   *
   * @throws DamagedFileException if the bytes are not those that were written
   * @throws BadInputException if there are numbers that are not finite, naming the first
   */
  public void check() {
    if (written.isPresent()) {
      long rest = mapped.data().byteSize() - summed;
      sum(summed, mapped.data().asSlice(summed, rest));
      if ((int) sum.getValue() != written.getAsInt()) {
        throw new DamagedFileException(path, mapped.name(), null);
      }
    }
    if (suspicious) {
      throw notFinite();
    }
  }

  private BadInputException notFinite() {
    long bad = 0;
    long first = -1;
    for (long i = 0; i < elements(); i++) {
      if (!Float.isFinite((float) mapped.numberAt(i))) {
        first = bad == 0 ? i : first;
        bad++;
      }
    }
    float value = (float) mapped.numberAt(first);
    return BadInputException.in(
        path,
        Text.format(
            "%s: %d of %d numbers are NaN or infinite, the first, %s, at %s",
            mapped.name(), bad, elements(), value, place(first)),
        "finite numbers",
        "the training of these weights failed: take an earlier checkpoint or other weights");
  }

  /** The indices of an element. */
  private String place(long element) {
    long[] shape = mapped.shape();
    long rest = element;
    for (int i = shape.length - 1; i >= 0; i--) {
      long size = shape[i];
      shape[i] = rest % size;
      rest /= size;
    }
    return Arrays.toString(shape);
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
