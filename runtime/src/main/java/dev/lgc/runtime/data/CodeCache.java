package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.Crc32c;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.Together;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
 * <p>Everything has a checksum. It is checked on opening, but for the codes of a large cache: each
 * picture's are checked when they are read, as is that they are below K. May be read from any
 * thread.
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
      int code = code(at, width);
      if (code < 0 || code >= info.codebook()) {
        throw BadInputException.in(
            path,
            Text.format("picture %d has code %d", i, Integer.toUnsignedLong(code)),
            "codes below " + info.codebook(),
            "the file is damaged: run lgc tokenize again");
      }
      into[t] = code;
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

  /**
   * The entropy in nats of one code drawn at random: what a model that ignores all context can
   * reach as cross-entropy, at most ln K. Reads the whole cache.
   */
  public double unigramEntropy() {
    double total = (double) info.count() * info.crops() * info.tokens();
    double entropy = 0;
    for (long n : histogram().counts()) {
      if (n > 0) {
        entropy -= n / total * Math.log(n / total);
      }
    }
    return entropy;
  }

  /** The share of the K codes that occur at all, in [0, 1]. Reads the whole cache. */
  public double usage() {
    return Arrays.stream(histogram().counts()).filter(n -> n > 0).count()
        / (double) info.codebook();
  }

  private record Histogram(long... counts) {}

  /** The number of times each code occurs; for huge codebooks only of those that do. */
  private Histogram histogram() {
    int[] one = new int[info.tokens()];
    boolean small = info.codebook() <= 1 << 22;
    long[] counts = new long[small ? info.codebook() : 0];
    Map<Integer, Long> sparse = new HashMap<>();
    for (int i = 0; i < info.count(); i++) {
      for (int crop = 0; crop < info.crops(); crop++) {
        codes(i, crop, one);
        for (int code : one) {
          if (small) {
            counts[code]++;
          } else {
            sparse.merge(code, 1L, Long::sum);
          }
        }
      }
    }
    return new Histogram(
        small ? counts : sparse.values().stream().mapToLong(Long::longValue).toArray());
  }

  private void checkCodes() {
    if (info.codeBytes() <= CHECKED_AT_ONCE && sums.byteSize() > 0) {
      Together.each(info.count(), this::checkSum);
      sums = MemorySegment.NULL;
    }
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
   * Starts a cache at {@code path}, which appears there when {@link Writer#finish} returns.
   *
   * @param info what it will hold; its count is ignored: it is however many pictures are appended
   */
  public static Writer create(Path path, CodeCacheInfo info) throws IOException {
    return new Writer(AtomicFiles.begin(path), info);
  }

  /** Takes pictures one after the other. For one thread. */
  public static final class Writer implements AutoCloseable {
    private final AtomicFiles.Pending file;
    private final CodeCacheInfo info;
    private final ByteBuffer buffer;
    private final ByteArrayOutputStream names = new ByteArrayOutputStream();
    private boolean named;
    private int[] labels = new int[1024];
    private int[] sums = new int[1024];
    private int count;

    private Writer(AtomicFiles.Pending file, CodeCacheInfo info) throws IOException {
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
}
