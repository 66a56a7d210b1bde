package dev.lgc.runtime.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Files that are written atomically: they exist completely or not at all.
 *
 * <p>The bytes go to {@code .NAME.HOST-PID-START-N.tmp} beside the target; {@link Pending#commit}
 * forces them to the disk, renames the file over the target and forces the directory. The
 * temporary's name says which process writes it, so a later writer of the same target can remove
 * what a dead process left, and leaves alone what a living one, or one on another machine of a
 * shared file system, is writing.
 */
public final class AtomicFiles {
  /** So many links to links are followed, as by Linux. */
  private static final int MOST_LINKS = 40;

  private static final AtomicLong COUNTER = new AtomicLong();
  private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();
  private static final Pattern TEMPORARY =
      Pattern.compile("\\..+\\.([0-9a-z]*)-(\\d{1,18})-(\\d{1,18})-\\d{1,18}\\.tmp");

  private AtomicFiles() {}

  /** A writer of the new file's content. */
  @FunctionalInterface
  public interface Body {
    /** Writes the whole content to {@code out}, which stands at position 0. */
    void writeTo(FileChannel out) throws IOException;
  }

  /** The words for a target whose old content is still there. */
  private static final String UNCHANGED = "nothing was replaced: ";

  /** A file being written; closing it without {@link #commit} discards it. */
  public static final class Pending implements AutoCloseable {
    private final Path target;
    private final Path temporary;
    private final FileChannel channel;
    private boolean done;

    private Pending(Path target, Path temporary) throws IOException {
      this.target = target;
      this.temporary = temporary;
      OPEN_HERE.add(temporary);
      try {
        this.channel =
            FileChannel.open(
                temporary,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
      } catch (IOException | RuntimeException e) {
        OPEN_HERE.remove(temporary);
        throw e;
      }
    }

    /** The channel that takes the content. */
    public FileChannel channel() {
      return channel;
    }

    /**
     * The exception to throw when writing to the channel fails: it says which file was being
     * written.
     *
     * @param cause what the channel threw
     */
    public UnwritableException failed(IOException cause) {
      return cause instanceof UnwritableException u
          ? u
          : new UnwritableException(target, UNCHANGED + UnwritableException.remedy(cause), cause);
    }

    /** Makes what was written the target's content, durably; it keeps its mode and owner. */
    public void commit() throws IOException {
      try {
        replace();
      } catch (IOException e) {
        throw failed(e);
      }
    }

    private void replace() throws IOException {
      if (isSpecial(target)) {
        channel.position(0);
        try (OutputStream to = Files.newOutputStream(target, StandardOpenOption.WRITE)) {
          Channels.newInputStream(channel).transferTo(to);
        }
        return; // closing discards the temporary
      }
      channel.force(true);
      channel.close();
      keepAttributes(target, temporary);
      try {
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
      }
      done = true;
      OPEN_HERE.remove(temporary);
      forceDirectory(target.getParent());
    }

    @Override
    public void close() throws IOException {
      if (!done) {
        done = true;
        try {
          channel.close();
        } finally {
          Files.deleteIfExists(temporary);
          OPEN_HERE.remove(temporary);
        }
      }
    }
  }

  /**
   * Starts writing {@code target}, whose directory is created if need be. Removes temporaries of
   * the same target that dead processes left. A target that is a symbolic link keeps being one: the
   * file it points to is replaced.
   */
  public static Pending begin(Path target) throws IOException {
    Path absolute = target.toAbsolutePath();
    if (isSpecial(absolute)) {
      // A pipe or a device: nothing may be put in its place, and it cannot be written out of order.
      Path folder = Path.of(System.getProperty("java.io.tmpdir"));
      String name = ".lgc-out." + Self.TAG + "-" + COUNTER.incrementAndGet() + ".tmp";
      return new Pending(absolute, folder.resolve(name));
    }
    Path file = Files.exists(absolute) ? absolute.toRealPath() : pointedTo(absolute);
    if (file.getParent() == null || Files.isDirectory(file)) {
      throw new IOException(target + " is a directory");
    }
    if (Files.exists(file) && !Files.isWritable(file)) {
      throw new AccessDeniedException(target.toString());
    }
    Files.createDirectories(file.getParent());
    removeStale(file);
    String name = prefix(file) + Self.TAG + "-" + COUNTER.incrementAndGet() + ".tmp";
    return new Pending(file, file.resolveSibling(name));
  }

  /**
   * Fails as {@link #begin} does where a file cannot be put: begins one and discards it. The target
   * is left as it is; as {@code begin} does, it creates the folders around it and removes
   * temporaries that dead processes left there.
   *
   * @throws IOException if the place is a folder, a loop of links, or may not be written to
   */
  public static void requireReplaceable(Path target) throws IOException {
    begin(target).close();
  }

  /** The place of a file that is not there yet: a link may point to it. */
  private static Path pointedTo(Path absolute) throws IOException {
    Path file = absolute;
    for (int links = 0; Files.isSymbolicLink(file); links++) {
      if (links == MOST_LINKS) {
        throw new FileSystemLoopException(absolute.toString());
      }
      file = file.resolveSibling(Files.readSymbolicLink(file));
    }
    return file.normalize();
  }

  /** Returns true for what is there and is neither a file nor a folder: a pipe, a device. */
  public static boolean isSpecial(Path path) {
    return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
  }

  /** Gives a file the mode, group and owner of the one that it will replace, as far as it may. */
  private static void keepAttributes(Path old, Path file) throws IOException {
    PosixFileAttributeView from = Files.getFileAttributeView(old, PosixFileAttributeView.class);
    PosixFileAttributeView to = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    if (from == null || to == null || !Files.exists(old)) {
      return;
    }
    PosixFileAttributes was = from.readAttributes();
    PosixFileAttributes is = to.readAttributes();
    if (!was.group().equals(is.group())) {
      tryTo(() -> to.setGroup(was.group()));
    }
    if (!was.owner().equals(is.owner())) {
      tryTo(() -> to.setOwner(was.owner()));
    }
    if (!was.permissions().equals(is.permissions())) {
      tryTo(() -> to.setPermissions(was.permissions()));
    }
  }

  private interface Change {
    void apply() throws IOException;
  }

  private static void tryTo(Change change) {
    try {
      change.apply();
    } catch (IOException e) {
      return; // only root may give files away; the content matters more
    }
  }

  /** Replaces {@code target} by what {@code body} writes, or leaves it as it was if that fails. */
  public static void write(Path target, Body body) throws IOException {
    try (Pending pending = begin(target)) {
      try {
        body.writeTo(pending.channel());
      } catch (IOException e) {
        throw pending.failed(e);
      }
      pending.commit();
    }
  }

  /** Removes what this process is writing and has not finished: it is about to end. */
  public static void discardUnfinished() {
    for (Path temporary : OPEN_HERE) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException e) {
        continue; // the next writer of the same file tries again
      }
    }
  }

  /** Replaces {@code target} by {@code bytes}. */
  public static void writeBytes(Path target, byte[] bytes) throws IOException {
    write(target, out -> writeFully(out, ByteBuffer.wrap(bytes)));
  }

  /** Replaces {@code target} by {@code text} in UTF-8. */
  public static void writeString(Path target, String text) throws IOException {
    writeBytes(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Puts a new file of {@code bytes} at {@code target}, in a directory that exists: there
   * completely or not at all, whatever ends the program. It is not forced to the disk, for files of
   * which there are many: one may be cut short where the machine itself fails.
   *
   * @param temporary beside it, for one writer at a time; what is there is overwritten
   */
  public static void place(Path target, Path temporary, byte[] bytes) throws IOException {
    try {
      Files.write(temporary, bytes);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
  }

  /** Writes all that remains in {@code bytes} at the channel's position. */
  public static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  /** Makes the entries of {@code directory} durable, where the system can. */
  static void forceDirectory(Path directory) {
    try (FileChannel d = FileChannel.open(directory, StandardOpenOption.READ)) {
      d.force(true);
    } catch (IOException e) {
      // Windows cannot open directories; the rename is still atomic there.
      return;
    }
  }

  private static void removeStale(Path target) throws IOException {
    String prefix = prefix(target);
    DirectoryStream.Filter<Path> ours = p -> p.getFileName().toString().startsWith(prefix);
    try (DirectoryStream<Path> found = Files.newDirectoryStream(target.getParent(), ours)) {
      for (Path p : found) {
        if (isStale(p)) {
          Files.deleteIfExists(p);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Returns true if a process of this machine wrote {@code temporary} and is gone. */
  private static boolean isStale(Path temporary) {
    Matcher m = TEMPORARY.matcher(temporary.getFileName().toString());
    if (!m.matches() || !m.group(1).equals(Self.HOST)) {
      return false;
    }
    long pid = Long.parseLong(m.group(2));
    long start = Long.parseLong(m.group(3));
    if (pid == Self.PID && start == Self.START) {
      return !OPEN_HERE.contains(temporary);
    }
    Optional<ProcessHandle> writer = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    return writer.isEmpty() || (start != 0 && startOf(writer.get()) != start);
  }

  private static String prefix(Path target) {
    String name = target.getFileName().toString();
    return "." + (name.length() <= 150 ? name : name.substring(0, 150)) + ".";
  }

  private static long startOf(ProcessHandle process) {
    return process.info().startInstant().map(Instant::getEpochSecond).orElse(0L);
  }

  /** This process, as it signs its temporaries. */
  private static final class Self {
    static final String HOST = host();
    static final long PID = ProcessHandle.current().pid();
    static final long START = startOf(ProcessHandle.current());
    static final String TAG = HOST + "-" + PID + "-" + START;

    private static String host() {
      String kept = HostName.or("localhost").toLowerCase(Locale.ROOT).replaceAll("[^0-9a-z]", "");
      return kept.length() <= 30 ? kept : kept.substring(0, 30);
    }
  }
}
