package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.Crc32c;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/** Writes a {@link CodeCache}, picture after picture. For one thread. */
public final class CodeCacheWriter implements AutoCloseable {
  private final AtomicFiles.Pending file;
  private final CodeCacheInfo info;
  private final ByteBuffer buffer;
  private final ByteArrayOutputStream names = new ByteArrayOutputStream();
  private boolean named;
  private int[] labels = new int[1024];
  private int[] sums = new int[1024];
  private int count;

  CodeCacheWriter(AtomicFiles.Pending file, CodeCacheInfo info) throws IOException {
    this.file = file;
    this.info = info.withCount(0);
    int picture = Math.multiplyExact(info.crops() * info.tokens(), info.bytesPerCode());
    this.buffer =
        ByteBuffer.allocateDirect(Math.max(picture, 1 << 20)).order(ByteOrder.LITTLE_ENDIAN);
    file.channel().position(CodeCacheHeader.encode(this.info, 0, 0).remaining());
  }

  /**
   * Appends a picture.
   *
   * @param codes {@code [crops, tokens]}, row-major, each in [0, K)
   * @throws IllegalArgumentException if there are not as many, or one is out of range
   */
  public void append(int label, int... codes) throws IOException {
    append(label, "", codes);
  }

  /** Appends a picture that is called {@code name}: see {@link CodeCache#names}. */
  public void append(int label, String name, int... codes) throws IOException {
    if (codes.length != info.crops() * info.tokens()) {
      throw new IllegalArgumentException(
          Text.format("%d codes, not %d crops of %d", codes.length, info.crops(), info.tokens()));
    }
    for (int code : codes) {
      Objects.checkIndex(code, info.codebook());
    }
    if (label < 0 || (!info.classes().isEmpty() && label >= info.classes().size())) {
      throw new IllegalArgumentException("label " + label + " of " + info.classes().size());
    }
    if (buffer.remaining() < codes.length * info.bytesPerCode()) {
      flush();
    }
    int begin = buffer.position();
    for (int code : codes) {
      put(code);
    }
    if (count == labels.length) {
      labels = Arrays.copyOf(labels, 2 * count);
      sums = Arrays.copyOf(sums, 2 * count);
    }
    int length = buffer.position() - begin;
    sums[count] = Crc32c.of(MemorySegment.ofBuffer(buffer.slice(begin, length)));
    labels[count++] = label;
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    names.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(utf8.length).array());
    names.writeBytes(utf8);
    named |= utf8.length > 0;
  }

  private void put(int code) {
    switch (info.bytesPerCode()) {
      case 1 -> buffer.put((byte) code);
      case 2 -> buffer.putShort((short) code);
      case 3 -> buffer.putShort((short) code).put((byte) (code >> 16));
      default -> buffer.putInt(code);
    }
  }

  private void flush() throws IOException {
    write(buffer.flip());
    buffer.clear();
  }

  /** Writes labels and header, and puts the complete file in place. */
  public void finish() throws IOException {
    if (count == 0) {
      throw new IllegalStateException("a code cache without a picture");
    }
    flush();
    int nameBytes = named ? names.size() : 0;
    ByteBuffer rest =
        ByteBuffer.allocate(Math.addExact(Math.multiplyExact(8, count), nameBytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    rest.asIntBuffer().put(labels, 0, count).put(sums, 0, count);
    rest.put(8 * count, names.toByteArray(), 0, nameBytes);
    write(rest.duplicate());
    int sum = Crc32c.of(MemorySegment.ofBuffer(rest));
    file.channel().position(0);
    write(CodeCacheHeader.encode(info.withCount(count), nameBytes, sum));
    file.commit();
  }

  private void write(ByteBuffer bytes) throws IOException {
    try {
      AtomicFiles.writeFully(file.channel(), bytes);
    } catch (IOException e) {
      throw file.failed(e);
    }
  }

  /** Discards what was appended, unless it was finished. */
  @Override
  public void close() throws IOException {
    file.close();
  }
}
