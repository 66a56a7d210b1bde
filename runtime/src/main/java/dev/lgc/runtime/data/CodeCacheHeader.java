package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.zip.CRC32C;

/**
 * The header of a code cache:
 *
 * <pre>
 *   8   "LGCCODES"
 *   4   version, 3
 *   4   H, the header's bytes
 *   4   CRC-32C of the H bytes with this field zero
 *   20  grid height, grid width, K, crops, count
 *   4+n fingerprint: length, UTF-8
 *   4   number of classes, then each as length, UTF-8
 *   8   bytes of the pictures' names; not in version 1, whose pictures have none
 *   4   CRC-32C of all that follows the codes; from version 3
 *       zeros up to H, a multiple of 64
 * </pre>
 *
 * @param info what it says
 * @param bytes H
 * @param nameBytes of the pictures' names, which end the file; 0 if they have none
 * @param rest the checksum of what follows the codes; empty if neither it nor they have one
 */
record CodeCacheHeader(CodeCacheInfo info, int bytes, long nameBytes, OptionalInt rest) {
  private static final byte[] MAGIC = "LGCCODES".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 3;
  private static final int CRC_AT = 16;
  private static final int MOST_BYTES = 1 << 26;

  /** The header's bytes, ready to be written. */
  static ByteBuffer encode(CodeCacheInfo info, long nameBytes, int rest) {
    List<byte[]> texts = new ArrayList<>();
    texts.add(info.fingerprint().getBytes(StandardCharsets.UTF_8));
    info.classes().forEach(c -> texts.add(c.getBytes(StandardCharsets.UTF_8)));
    long size = 56 + texts.stream().mapToLong(t -> 4L + t.length).sum();
    if (size > MOST_BYTES - 64) {
      throw new IllegalArgumentException("class names of " + size + " bytes");
    }
    ByteBuffer b = ByteBuffer.allocate((int) (size + 63) & -64).order(ByteOrder.LITTLE_ENDIAN);
    b.put(MAGIC).putInt(VERSION).putInt(b.capacity()).putInt(0);
    b.putInt(info.gridHeight()).putInt(info.gridWidth()).putInt(info.codebook());
    b.putInt(info.crops()).putInt(info.count());
    put(b, texts.getFirst());
    b.putInt(info.classes().size());
    texts.subList(1, texts.size()).forEach(t -> put(b, t));
    b.putLong(nameBytes).putInt(rest);
    b.putInt(CRC_AT, crc(b.array()));
    return b.clear();
  }

  /** Reads and checks the header of {@code file}, and that the file has the size it implies. */
  static CodeCacheHeader parse(Path path, MemorySegment file) {
    ByteBuffer start = slice(file, Math.min(file.byteSize(), 64));
    if (start.remaining() < 64 || !start.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
      throw BadInputException.in(path, "not a code cache", "one", "made by lgc tokenize");
    }
    int version = start.getInt(MAGIC.length);
    if (version < 1 || version > VERSION) {
      throw BadInputException.in(
          path,
          "code cache of version " + version,
          "at most version " + VERSION,
          "run lgc tokenize again");
    }
    int bytes = start.getInt(MAGIC.length + 4);
    if (bytes < 64 || bytes % 64 != 0 || bytes > MOST_BYTES || bytes > file.byteSize()) {
      throw damaged(path, "header of " + bytes + " bytes", null);
    }
    byte[] header = new byte[bytes];
    slice(file, bytes).get(header);
    ByteBuffer b = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).position(CRC_AT);
    int stored = b.getInt();
    b.putInt(CRC_AT, 0);
    if (stored != crc(header)) {
      throw damaged(path, "its header's checksum is wrong", null);
    }
    CodeCacheInfo info;
    long names;
    OptionalInt rest;
    try {
      info = info(b);
      names = version == 1 ? 0 : b.getLong();
      rest = version < 3 ? OptionalInt.empty() : OptionalInt.of(b.getInt());
      if (names < 0 || names > file.byteSize()) {
        throw new IllegalArgumentException("names of " + names + " bytes");
      }
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw damaged(path, "its header is unsound: " + e.getMessage(), e);
    }
    long perPicture = rest.isPresent() ? 8 : 4;
    long expected = bytes + info.codeBytes() + perPicture * info.count() + names;
    if (info.count() == 0 || file.byteSize() != expected) {
      throw damaged(
          path, Text.format("%d bytes for %d pictures", file.byteSize(), info.count()), null);
    }
    return new CodeCacheHeader(info, bytes, names, rest);
  }

  private static CodeCacheInfo info(ByteBuffer b) {
    int gridHeight = b.getInt();
    int gridWidth = b.getInt();
    int codebook = b.getInt();
    int crops = b.getInt();
    int count = b.getInt();
    String fingerprint = text(b);
    int n = b.getInt();
    if (n < 0 || n > b.remaining() / 4) {
      throw new IllegalArgumentException(n + " classes");
    }
    List<String> classes = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      classes.add(text(b));
    }
    return new CodeCacheInfo(fingerprint, gridHeight, gridWidth, codebook, crops, count, classes);
  }

  /** A text as it is stored: its length, then its bytes. */
  static String text(ByteBuffer b) {
    int length = b.getInt();
    if (length < 0 || length > b.remaining()) {
      throw new IllegalArgumentException("a text of " + length + " bytes");
    }
    byte[] utf8 = new byte[length];
    b.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private static void put(ByteBuffer b, byte[] text) {
    b.putInt(text.length).put(text);
  }

  private static ByteBuffer slice(MemorySegment file, long bytes) {
    return file.asSlice(0, bytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int crc(byte[] header) {
    CRC32C crc = new CRC32C();
    crc.update(header);
    return (int) crc.getValue();
  }

  static BadInputException damaged(Path path, String how, Throwable cause) {
    return new BadInputException(
        path + ": damaged code cache: " + how, "", "run lgc tokenize again", cause);
  }
}
