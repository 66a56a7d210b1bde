package dev.lgc.runtime.dist;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A connection between two heartbeats. On it go frames: kind, a number, and a text of at most
 * {@link #MOST_TEXT} bytes with its length before it.
 */
final class HeartbeatLink {
  /** The kinds of frames, with their numbers. */
  enum Kind {
    /** The caller's rank; the callee's token as text. */
    HELLO,
    /** The sender lives: the step that it is at, and what it does. */
    BEAT,
    /** The sender has come to its end as it should. */
    BYE,
    /** All are to end, silently and with that exit code: somebody said why. */
    END,
    /** The caller has lost rank 0; the callee's token as text. */
    LOST,
    /** The answer to {@link #LOST}: the sender, or a rank below it, says what has happened. */
    TOLD
  }

  /** A message. */
  record Frame(Kind kind, long number, String text) {}

  private static final int HEADER = 1 + 8 + 2;
  private static final int MOST_TEXT = 2000;

  private final SocketChannel channel;
  private final ByteBuffer in = ByteBuffer.allocate(2 * (HEADER + MOST_TEXT));

  /** The rank at the other end, −1 until it has said so. */
  volatile int peer = -1;

  /** When a frame last came. */
  volatile long heard = System.nanoTime();

  /** The step and work of the other when it last said so. */
  volatile String last = "it had only begun";

  /** True if it has come to its end as it should. */
  volatile boolean leaving;

  HeartbeatLink(SocketChannel channel) {
    this.channel = channel;
  }

  SocketChannel channel() {
    return channel;
  }

  /** Sends a frame; one that cannot be sent at once shows that the other end is lost. */
  synchronized void send(Kind kind, long number, String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(utf8.length, MOST_TEXT);
    ByteBuffer out = ByteBuffer.allocate(HEADER + length);
    out.put((byte) kind.ordinal()).putLong(number).putShort((short) length);
    out.put(utf8, 0, length).flip();
    channel.write(out);
    if (out.hasRemaining()) {
      throw new IOException("it takes no more messages");
    }
  }

  /**
   * Reads what has come.
   *
   * @return false at the end of the connection
   */
  boolean read() throws IOException {
    return channel.read(in) >= 0;
  }

  /** The next whole frame that was read, or null. */
  Frame next() throws IOException {
    in.flip();
    try {
      if (in.remaining() < HEADER) {
        return null;
      }
      int start = in.position();
      int kind = in.get();
      long number = in.getLong();
      int length = in.getShort();
      if (kind < 0 || kind >= Kind.values().length || length < 0 || length > MOST_TEXT) {
        throw new IOException("it speaks another language");
      }
      if (in.remaining() < length) {
        in.position(start);
        return null;
      }
      byte[] text = new byte[length];
      in.get(text);
      return new Frame(Kind.values()[kind], number, new String(text, StandardCharsets.UTF_8));
    } finally {
      in.compact();
    }
  }

  /** True if nothing more is awaited from the other end. */
  boolean isOver() {
    return leaving || !channel.isOpen();
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      return; // it is gone
    }
  }
}
