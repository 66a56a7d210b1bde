package dev.lgc.runtime.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32;

/**
 * Bytes that follow each other in a file, which nobody may shorten meanwhile (replacing it is
 * fine).
 *
 * @param path of the file
 * @param at the first of them
 * @param bytes how many there are
 */
public record FileRange(Path path, long at, long bytes) {
  /** Bytes of one system call: a buffer has less than 2 GiB. */
  private static final long MOST = 1 << 30;

  /** Bytes that are read, and summed up while the processor's cache has them. */
  private static final long SUMMED = 1 << 18;

  /** Bytes that one thread reads at a time. */
  private static final long PART = 16 << 20;

  /**
   * They and what follows them in the file, read-only, as long as {@code arena} lives.
   *
   * @throws BadInputException if the file cannot be read or ends before they do
   */
  public MemorySegment map(Arena arena) {
    try (FileChannel channel = FileChannel.open(path)) {
      long rest = channel.size() - at;
      if (rest < bytes) {
        throw shorter(path, "what it holds");
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, at, rest, arena);
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  /**
   * Copies them, with all cores.
   *
   * @param into as many bytes of native memory
   * @throws BadInputException if the file cannot be read or ends before they do
   */
  public void read(MemorySegment into) {
    try (FileChannel channel = FileChannel.open(path)) {
      Parallel.each(
          Math.toIntExact((bytes + PART - 1) / PART),
          p -> {
            long from = p * PART;
            MemorySegment part = into.asSlice(from, Math.min(PART, bytes - from));
            read(path, channel, at + from, part, "what it holds");
          });
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  /**
   * Their CRC-32, as zip files have it.
   *
   * @throws BadInputException if the file cannot be read or ends before they do
   */
  public int crc32() {
    CRC32 sum = new CRC32();
    try (FileChannel channel = FileChannel.open(path);
        Arena arena = Arena.ofConfined()) {
      MemorySegment part = arena.allocate(Math.min(SUMMED, Math.max(1, bytes)));
      for (long done = 0; done < bytes; done += part.byteSize()) {
        MemorySegment some = part.asSlice(0, Math.min(part.byteSize(), bytes - done));
        read(path, channel, at + done, some, "what it holds");
        sum.update(some.asByteBuffer());
      }
      return (int) sum.getValue();
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  /** Fills {@code into} from a place in an open file; {@code what} is there, for messages. */
  static void read(Path path, FileChannel channel, long at, MemorySegment into, String what) {
    try {
      for (long done = 0; done < into.byteSize(); ) {
        long some = Math.min(MOST, into.byteSize() - done);
        ByteBuffer part = into.asSlice(done, some).asByteBuffer();
        int n = channel.read(part, at + done);
        if (n < 0) {
          throw shorter(path, what);
        }
        done += n;
      }
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  private static BadInputException shorter(Path path, String what) {
    return BadInputException.in(
        path,
        "the file ends inside " + what,
        "the bytes it had when it was opened",
        "was it shortened meanwhile?");
  }
}
