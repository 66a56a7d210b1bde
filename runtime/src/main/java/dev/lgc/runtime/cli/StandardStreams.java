package dev.lgc.runtime.cli;

import dev.lgc.runtime.io.IoReason;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The streams that a command prints to. Text is UTF-8, unless the terminal has another encoding of
 * its own; a standard output that cannot be written, as the disk is full or nobody reads it, is not
 * passed over.
 */
final class StandardStreams {
  /** Set by the launcher: the number of a descriptor. */
  static final String UNFILTERED = "lgc.stderr";

  private final Remembering stream = new Remembering(new FileOutputStream(FileDescriptor.out));
  private final PrintWriter out =
      new PrintWriter(
          new OutputStreamWriter(
              new BufferedOutputStream(stream), charset(System.getProperty("stdout.encoding"))));

  private StandardStreams() {}

  /** Takes over standard output and standard error. */
  static StandardStreams open() {
    Charset charset = charset(System.getProperty("stderr.encoding"));
    Optional<FileDescriptor> unfiltered = unfiltered();
    if (unfiltered.isPresent() || !charset.equals(System.err.charset())) {
      OutputStream to = new FileOutputStream(unfiltered.orElse(FileDescriptor.err));
      System.setErr(new PrintStream(to, true, charset));
    }
    return new StandardStreams();
  }

  /**
   * Standard error without the launcher's filter, which may pass on what it is given when this
   * process has ended. Java makes no stream of a descriptor that it did not open, but its class for
   * descriptors can: the launcher opens that to us. Empty where lgc was started in another way.
   */
  private static Optional<FileDescriptor> unfiltered() {
    Integer number = Integer.getInteger(UNFILTERED);
    if (number == null || !Files.exists(Path.of("/dev/fd/" + number))) {
      return Optional.empty();
    }
    try {
      Constructor<FileDescriptor> of = FileDescriptor.class.getDeclaredConstructor(int.class);
      of.setAccessible(true);
      return Optional.of(of.newInstance(number));
    } catch (ReflectiveOperationException | InaccessibleObjectException e) {
      return Optional.empty(); // through the filter, then
    }
  }

  /** An encoding that has all characters, or that of a terminal which shows no others. */
  static Charset charset(String encoding) {
    Charset set = Charset.forName(encoding == null ? "" : encoding, StandardCharsets.UTF_8);
    if (set.equals(StandardCharsets.UTF_8) || set.equals(StandardCharsets.US_ASCII)) {
      return StandardCharsets.UTF_8;
    }
    boolean shown = System.console() != null && System.console().isTerminal();
    return shown ? set : StandardCharsets.UTF_8;
  }

  /** Standard output. */
  PrintWriter out() {
    return out;
  }

  /**
   * Sends off what was printed.
   *
   * @param code what the command ends with
   * @return the same; or that of a mistake if what it printed could not be written, which is said
   *     unless whoever reads it had enough
   */
  int end(int code, PrintWriter err) {
    out.flush();
    if (stream.failure == null || code != 0) {
      return code;
    }
    String reason = IoReason.of(stream.failure);
    if (!reason.contains("Broken pipe")) {
      Faults.mistake(err, "standard output cannot be written: " + reason, "", "");
      err.flush();
    }
    return Faults.MISTAKE;
  }

  /** Remembers the first failure, which writers do not pass on. */
  private static final class Remembering extends OutputStream {
    private final OutputStream to;
    private IOException failure;

    Remembering(OutputStream to) {
      this.to = to;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        to.write(bytes, from, count);
      } catch (IOException e) {
        failure = failure == null ? e : failure;
        throw e;
      }
    }
  }
}
