package dev.lgc.compiler.plan.artifact;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The contents of an {@code .lgc} besides the compiled model, which are read, or mapped, in place:
 * weights. They are the first entries of the zip, stored and aligned to pages, so that the first
 * bytes of the file say where they are.
 *
 * @param extents by name, in order
 * @param end where the other entries begin
 */
public record Attachments(Map<String, Extent> extents, long end) {
  private static final int MOST = 16;
  private static final long PAGE = 4096;

  // A zip's local header: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7.
  private static final int HEADER = 30;
  private static final int SIGNATURE = 0x04034b50;
  private static final int FLAGS = 6;
  private static final int METHOD = 8;
  private static final int CRC = 14;
  private static final int SIZE = 18;
  private static final int NAME_LENGTH = 26;
  private static final int EXTRA_LENGTH = 28;
  private static final long IN_EXTRA = 0xffffffffL;
  private static final int ZIP64 = 1;
  private static final int ZIP64_BYTES = 20;

  /** The extra field that tools align entries with: the alignment, then padding. */
  private static final int PADDING = 0xd935;

  private static final int PADDING_BYTES = 6;

  /** Something large that is attached to an artifact. */
  public interface Content {
    /** The number of bytes that it writes. */
    long bytes();

    /** Writes them: the same ones every time. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * The place of an attachment in the file.
   *
   * @param at its first byte, a multiple of 4096
   * @param bytes its length
   * @param crc32 the checksum that the zip has of them
   */
  public record Extent(long at, long bytes, int crc32) {}

  /** Begins a zip that nothing has been written to. */
  static void write(Map<String, Content> contents, ZipOutputStream zip, BlockOutput out)
      throws IOException {
    for (Map.Entry<String, Content> c : contents.entrySet()) {
      ZipEntry e = ZipEntries.named(c.getKey());
      long bytes = c.getValue().bytes();
      e.setMethod(ZipEntry.STORED);
      e.setSize(bytes);
      CheckedOutputStream sum =
          new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
      c.getValue().writeTo(sum);
      e.setCrc(sum.getChecksum().getValue());
      int sizes = bytes >= IN_EXTRA ? ZIP64_BYTES : 0; // an extra field of the JDK's
      e.setExtra(padding(out.position() + HEADER + c.getKey().length() + sizes));
      zip.putNextEntry(e);
      if (out.position() % PAGE != 0) {
        throw new IllegalStateException(c.getKey() + " begins at " + out.position());
      }
      c.getValue().writeTo(zip);
      zip.closeEntry();
    }
  }

  /** An extra field after which a page begins. */
  private static byte[] padding(long at) {
    int pad = (int) Math.floorMod(-(at + PADDING_BYTES), PAGE);
    ByteBuffer extra = ByteBuffer.allocate(PADDING_BYTES + pad).order(ByteOrder.LITTLE_ENDIAN);
    extra.putShort((short) PADDING).putShort((short) (2 + pad)).putShort((short) PAGE);
    return extra.array();
  }

  /**
   * Those of a file; none if it does not begin as one with such does.
   *
   * @throws ArtifactException if one is not whole
   */
  static Attachments of(FileChannel file) throws IOException {
    Map<String, Extent> extents = new LinkedHashMap<>();
    long at = 0;
    for (Header h = header(file, at); h != null && extents.size() < MOST; h = header(file, at)) {
      if (h.bytes < 0 || h.bytes > file.size() - h.content) {
        throw new ArtifactException("the file ends inside its " + h.name);
      }
      extents.put(h.name, new Extent(h.content, h.bytes, h.crc32));
      at = h.content + h.bytes;
    }
    return new Attachments(extents, at);
  }

  private record Header(String name, long content, long bytes, int crc32) {}

  /** That of the entry which begins there, if it is an attachment's. */
  private static Header header(FileChannel file, long at) throws IOException {
    ByteBuffer fixed = read(file, at, HEADER);
    boolean isStored =
        fixed.remaining() == HEADER
            && fixed.getInt(0) == SIGNATURE
            && fixed.getShort(METHOD) == ZipEntry.STORED
            && (fixed.getShort(FLAGS) & 8) == 0;
    if (!isStored) {
      return null;
    }
    int name = Short.toUnsignedInt(fixed.getShort(NAME_LENGTH));
    int extra = Short.toUnsignedInt(fixed.getShort(EXTRA_LENGTH));
    ByteBuffer rest = read(file, at + HEADER, name + extra);
    if (rest.remaining() != name + extra) {
      throw new ArtifactException("the file ends inside its first entries");
    }
    long bytes = Integer.toUnsignedLong(fixed.getInt(SIZE));
    return new Header(
        StandardCharsets.UTF_8.decode(rest.slice(0, name)).toString(),
        at + HEADER + name + extra,
        bytes == IN_EXTRA ? large(rest.slice(name, extra).order(ByteOrder.LITTLE_ENDIAN)) : bytes,
        fixed.getInt(CRC));
  }

  /** The size that an extra field says; -1 if none does. */
  private static long large(ByteBuffer extra) {
    while (extra.remaining() >= 4) {
      int tag = Short.toUnsignedInt(extra.getShort());
      int length = Short.toUnsignedInt(extra.getShort());
      if (length > extra.remaining()) {
        return -1;
      }
      if (tag == ZIP64 && length >= 8) {
        return extra.getLong(extra.position());
      }
      extra.position(extra.position() + length);
    }
    return -1;
  }

  private static ByteBuffer read(FileChannel file, long at, int bytes) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int n = 0;
    while (n >= 0 && b.hasRemaining()) {
      n = file.read(b, at + b.position());
    }
    return b.flip();
  }
}
