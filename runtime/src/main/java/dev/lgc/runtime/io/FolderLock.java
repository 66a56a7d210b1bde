package dev.lgc.runtime.io;

import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The right to write into a folder, which one process at a time has. Reading what is there needs no
 * lock.
 *
 * <p>It is the system's lock on the file {@value #NAME} in the folder, so it ends with the process,
 * however that ends. The file stays, and says who has the lock or had it.
 */
public final class FolderLock implements AutoCloseable {
  /** The name of the file. */
  public static final String NAME = ".lock";

  /** The byte that is locked: where locks forbid reading, the text is still readable. */
  private static final long BYTE = Long.MAX_VALUE - 1;

  private static final int LONGEST_TEXT = 500;

  /**
   * The files that this process has locked. POSIX drops a process's locks on a file when any of its
   * channels of the file is closed, so a second one must not be opened.
   */
  private static final Set<Path> HERE = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private FolderLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock of a folder, which is created if need be.
   *
   * @param purpose what it is for, such as {@code a run}
   * @param hint what to do if another process has it
   * @param warn is told if the file system has no locks
   * @throws BadInputException if another process has it, naming that process
   * @throws IOException if the folder cannot be written to
   */
  public static FolderLock acquire(Path folder, String purpose, String hint, Consumer<String> warn)
      throws IOException {
    Files.createDirectories(folder);
    Path file = folder.toRealPath().resolve(NAME);
    if (!HERE.add(file)) {
      throw inUse(folder, purpose, self(), hint);
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (!lock(channel, folder, warn)) {
        throw inUse(folder, purpose, holder(channel), hint);
      }
      channel.truncate(0);
      AtomicFiles.writeFully(
          channel, ByteBuffer.wrap((self() + "\n").getBytes(StandardCharsets.UTF_8)));
      taken = true;
      return new FolderLock(file, channel);
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        HERE.remove(file);
      }
    }
  }

  /**
   * Takes the lock of a file that stays open. On POSIX systems it is lost as soon as any channel of
   * this file is closed.
   *
   * @param what is being written, for the warning
   * @param warn is told if the file system has no locks
   * @return whether no other process has it
   */
  public static boolean lock(FileChannel channel, Path what, Consumer<String> warn) {
    try {
      FileLock lock = channel.tryLock(BYTE, 1, false);
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      warn.accept(
          what
              + ": its file system has no locks ("
              + e.getMessage()
              + "); nothing keeps a second"
              + " process from writing there");
      return true;
    }
  }

  private static BadInputException inUse(Path folder, String purpose, String who, String hint) {
    return BadInputException.in(
        folder,
        purpose + " is being written here by " + who,
        "a folder that no other process writes to",
        hint);
  }

  private static String self() {
    return Text.format(
        "process %s on %s, since %s",
        String.valueOf(ProcessHandle.current().pid()),
        HostName.or("this machine"),
        OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS));
  }

  /** The text that the process which has the lock wrote. */
  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(LONGEST_TEXT);
    channel.read(text, 0);
    String who = StandardCharsets.UTF_8.decode(text.flip()).toString().strip();
    return who.isEmpty() ? "another process" : who;
  }

  /** Gives the lock back. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      HERE.remove(file);
    }
  }
}
