package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.Crc32c;
import dev.lgc.runtime.io.Parallel;
import dev.lgc.runtime.io.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The codes that a tokenizer gave the pictures of a data set, mapped into memory.
 *
 * <pre>
 *   bytes          content (little-endian)
 *   H              header: see {@link CodeCacheHeader}; H is a multiple of 64
 *   count*crops*tokens*W   codes: picture by picture, crop by crop, row by row; W bytes each, 1 to 4
 *   count*4        labels, signed
 *   count*4        CRC-32C of each picture's codes; from version 3
 *   N              names: each as length (4 bytes) and UTF-8; or nothing, if the pictures have none
 * </pre>
 *
 * <p>Everything has a checksum. It is checked on opening, and so is that codes are below K; but for
 * the codes of a large cache: those are checked by {@link #requireSound}, and each picture's again
 * when they are read. May be read from any thread.
 */
public final class CodeCache implements AutoCloseable {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Bytes of codes that are checked on opening. */
  private static final long CHECKED_AT_ONCE = 256 << 20;

  private final Path path;
  private final Arena arena;
  private final CodeCacheInfo info;
  private final MemorySegment codes;
  private final MemorySegment labels;
  private final MemorySegment names;

  /** Checksums of the pictures' codes; empty if there are none, or they have been compared. */
  private MemorySegment sums;

  /** True once all codes have been checked. */
  private volatile boolean sound;

  private CodeCache(Path path, Arena arena, CodeCacheHeader header, MemorySegment file) {
    this.path = path;
    this.arena = arena;
    this.info = header.info();
    this.codes = file.asSlice(header.bytes(), info.codeBytes());
    this.labels = file.asSlice(header.bytes() + info.codeBytes(), 4L * info.count());
    this.names = file.asSlice(file.byteSize() - header.nameBytes());
    this.sums =
        header.rest().isEmpty()
            ? MemorySegment.NULL
            : file.asSlice(
                header.bytes() + info.codeBytes() + 4L * info.count(), 4L * info.count());
  }

  /**
   * Opens and checks a cache.
   *
   * @throws BadInputException if it is missing or unsound
   */
  public static CodeCache open(Path path) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment file = SafetensorsFile.mapWhole(path, arena);
      CodeCacheHeader header = CodeCacheHeader.parse(path, file);
      CodeCache cache = new CodeCache(path, arena, header, file);
      if (header.rest().isPresent()
          && Crc32c.of(file.asSlice(header.bytes() + header.info().codeBytes()))
              != header.rest().getAsInt()) {
        throw CodeCacheHeader.damaged(path, "the checksum of its labels is wrong", null);
      }
      cache.checkLabels();
      cache.checkCodes();
      arena = null;
      return cache;
    } finally {
      if (arena != null) {
        arena.close();
      }
    }
  }

  /** The facts of the cache: its size, its tokenizer and its classes. */
  public CodeCacheInfo info() {
    return info;
  }

  /**
   * Refuses codes of another tokenizer.
   *
   * @throws BadInputException if the cache was made by a tokenizer with another fingerprint
   */
  public void requireTokenizer(String fingerprint) {
    if (!info.fingerprint().equals(fingerprint)) {
      throw BadInputException.in(
          path,
          "codes of tokenizer " + info.fingerprint(),
          "tokenizer " + fingerprint,
          "run lgc tokenize again");
    }
  }

  /** The label of picture {@code i}. */
  public int label(int i) {
    return labels.get(INT, 4L * Objects.checkIndex(i, info.count()));
  }

  /**
   * The names of the pictures in the set they came from, such as {@code cats/17.png}; empty if they
   * were not kept.
   *
   * @throws BadInputException if that part of the file is damaged
   */
  public List<String> names() {
    if (names.byteSize() == 0) {
      return List.of();
    }
    List<String> all = new ArrayList<>(info.count());
    long at = 0;
    try {
      for (int i = 0; i < info.count(); i++) {
        long end = Math.min(names.byteSize(), at + 4 + names.get(INT, at));
        ByteBuffer one = names.asSlice(at, end - at).asByteBuffer();
        all.add(CodeCacheHeader.text(one.order(ByteOrder.LITTLE_ENDIAN)));
        at = end;
      }
    } catch (IndexOutOfBoundsException
        | IllegalArgumentException
        | BufferUnderflowException damaged) {
      throw new BadInputException(
          path + ": damaged code cache: its names are unsound",
          "",
          "run lgc tokenize again",
          damaged);
    }
    return all;
  }

  /**
   * The codes of one crop of picture {@code i}, row by row.
   *
   * @param into receives {@link CodeCacheInfo#tokens} codes, each in [0, K)
   * @throws BadInputException if one of them is not below K
   */
  public void codes(int i, int crop, int[] into) {
    Objects.checkIndex(i, info.count());
    Objects.checkIndex(crop, info.crops());
    int tokens = info.tokens();
    Objects.checkFromIndexSize(0, tokens, into.length);
    checkSum(i);
    int width = info.bytesPerCode();
    long at = ((long) i * info.crops() + crop) * tokens * width;
    for (int t = 0; t < tokens; t++, at += width) {
      into[t] = below(i, code(at, width));
    }
  }

  private int code(long at, int width) {
    return switch (width) {
      case 1 -> codes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
      case 2 -> codes.get(SHORT, at) & 0xffff;
      case 3 ->
          (codes.get(SHORT, at) & 0xffff) | (codes.get(ValueLayout.JAVA_BYTE, at + 2) & 0xff) << 16;
      default -> codes.get(INT, at);
    };
  }

  private void checkCodes() {
    if (info.codeBytes() <= CHECKED_AT_ONCE) {
      requireSound();
      sums = MemorySegment.NULL;
    }
  }

  /**
   * Reads all codes, unless that was done on opening: some gigabytes a second, from memory.
   *
   * @throws BadInputException if a checksum is wrong, or a code is not below K
   */
  public void requireSound() {
    if (!sound) {
      Parallel.each(
          info.count(),
          i -> {
            checkSum(i);
            checkBelow(i);
          });
      sound = true;
    }
  }

  private void checkBelow(int i) {
    int width = info.bytesPerCode();
    if (width < Integer.BYTES && info.codebook() == 1 << 8 * width) {
      return; // there are no other numbers of so many bytes
    }
    long bytes = info.codeBytes() / info.count();
    for (long at = i * bytes; at < (i + 1) * bytes; at += width) {
      below(i, code(at, width));
    }
  }

  private int below(int i, int code) {
    if (code < 0 || code >= info.codebook()) {
      throw BadInputException.in(
          path,
          Text.format("picture %d has code %d", i, Integer.toUnsignedLong(code)),
          "codes below " + info.codebook(),
          "the file is damaged: run lgc tokenize again");
    }
    return code;
  }

  private void checkSum(int i) {
    if (sums.byteSize() == 0) {
      return;
    }
    long bytes = info.codeBytes() / info.count();
    if (Crc32c.of(codes.asSlice(i * bytes, bytes)) != sums.get(INT, 4L * i)) {
      throw CodeCacheHeader.damaged(
          path, "the checksum of the codes of picture " + i + " is wrong", null);
    }
  }

  private void checkLabels() {
    int classes = info.classes().isEmpty() ? Integer.MAX_VALUE : info.classes().size();
    for (int i = 0; i < info.count(); i++) {
      if (label(i) < 0 || label(i) >= classes) {
        throw BadInputException.in(
            path,
            Text.format("picture %d has label %d", i, label(i)),
            "labels below " + classes,
            "the file is damaged: run lgc tokenize again");
      }
    }
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    arena.close();
  }

  /**
   * Starts a cache at {@code path}, which appears there when {@link CodeCacheWriter#finish}
   * returns.
   *
   * @param info what it will hold; its count is ignored: it is however many pictures are appended
   */
  public static CodeCacheWriter create(Path path, CodeCacheInfo info) throws IOException {
    return new CodeCacheWriter(AtomicFiles.begin(path), info);
  }
}
