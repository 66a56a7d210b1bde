package dev.lgc.runtime.dist;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.HeartbeatLink.Frame;
import dev.lgc.runtime.dist.HeartbeatLink.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * Signs of life between rank 0 and every other rank, on TCP connections and a thread of their own:
 * MPI notices neither a process that hangs nor a link that is cut. A rank that is silent for {@link
 * #SILENCE}, or whose connection closes before it took leave, is lost. Then all end within two
 * seconds, after one of them said which rank it was: rank 0, and if that is lost, the lowest that
 * lives.
 *
 * <p>A process that was itself stopped for a while gives the others time to be heard again, before
 * it judges them.
 */
final class Heartbeat implements AutoCloseable {
  /** The end of this process. */
  interface End {
    /** Tells the user, because this rank is the one that does. */
    void say(String message);

    /** Ends the process with an exit code. */
    void now(int code);
  }

  static final Duration BEAT = Duration.ofSeconds(1);
  static final Duration SILENCE = Duration.ofSeconds(8);

  /** Time to take leave in. */
  private static final Duration LEAVE = Duration.ofSeconds(2);

  /** Time in which the one that tells is found, and then is heard. */
  private static final Duration LAST_WORDS = Duration.ofMillis(300);

  private static final int CONNECT_MILLIS = 3000;

  private final int rank;
  private final End end;
  private final Duration beat;
  private final Duration silence;
  private final Duration lastWords;
  private final Selector selector;
  private final ServerSocketChannel server;
  private final Contact here;
  private List<Contact> all = List.of();

  /** To rank 0, or from rank 0 to each other rank; null where there is none. */
  private AtomicReferenceArray<HeartbeatLink> links = new AtomicReferenceArray<>(0);

  private volatile String doing = "";
  private volatile long step = -1;
  private volatile boolean leaving;
  private boolean lost;

  /** Opens a port; nothing goes on until {@link #start}. */
  Heartbeat(int rank, End end) {
    this(rank, end, BEAT, SILENCE, LAST_WORDS);
  }

  Heartbeat(int rank, End end, Duration beat, Duration silence, Duration lastWords) {
    this.rank = rank;
    this.end = end;
    this.beat = beat;
    this.silence = silence;
    this.lastWords = lastWords;
    try {
      selector = Selector.open();
      server = ServerSocketChannel.open().bind(new InetSocketAddress(0), 1024);
      server.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
      int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
      here = Contact.here(port, new SecureRandom().nextLong());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The place where others reach this rank. */
  Contact contact() {
    return here;
  }

  /**
   * Connects to rank 0, and begins.
   *
   * @param contacts of all ranks
   * @throws IOException if rank 0 cannot be reached
   */
  void start(List<Contact> contacts) throws IOException {
    all = List.copyOf(contacts);
    links = new AtomicReferenceArray<>(all.size());
    if (rank > 0) {
      Contact first = all.getFirst();
      HeartbeatLink link = new HeartbeatLink(first.connect(here.host(), CONNECT_MILLIS));
      link.send(Kind.HELLO, rank, Long.toString(first.token()));
      link.peer = 0;
      links.set(0, link);
      watch(link);
    }
    Thread.ofPlatform().daemon().name("lgc-heartbeat").start(this::run);
  }

  private void watch(HeartbeatLink link) throws IOException {
    link.channel().configureBlocking(false).register(selector, SelectionKey.OP_READ, link);
  }

  /** Says where this rank is. */
  void at(long s, String what) {
    step = s;
    doing = what;
  }

  private void run() {
    long grace = 2 * beat.toNanos();
    long started = System.nanoTime();
    long next = started;
    long looked = started;
    try {
      while (selector.isOpen()) {
        selector.select(this::serve, Math.max(10, (next - System.nanoTime()) / 1_000_000));
        long now = System.nanoTime();
        if (now - looked > beat.toNanos() + grace) {
          // This process stood still, not the others: they have time to be heard again.
          started += now - looked;
          long at = now - silence.toNanos() + grace;
          peers().forEach(l -> l.heard = Math.max(l.heard, at));
        }
        looked = now;
        if (now >= next && !leaving) {
          next = now + beat.toNanos();
          peers().stream().filter(l -> !l.leaving).forEach(l -> send(l, Kind.BEAT, step, doing));
        }
        check(now, started);
      }
    } catch (ClosedSelectorException e) {
      return; // all have taken leave
    } catch (IOException e) {
      end.say("rank " + rank + " cannot watch the others: " + e.getMessage());
      end.now(Ranks.LOST);
    }
  }

  private List<HeartbeatLink> peers() {
    return IntStream.range(0, links.length())
        .mapToObj(links::get)
        .filter(Objects::nonNull)
        .toList();
  }

  private void send(HeartbeatLink l, Kind kind, long number, String text) {
    try {
      l.send(kind, number, text);
    } catch (IOException e) {
      lose(l.peer, "its connection failed (" + e.getMessage() + ")", l.last);
    }
  }

  private void check(long now, long started) {
    int expected = rank == 0 ? all.size() : 1;
    for (int r = rank == 0 ? 1 : 0; r < expected; r++) {
      HeartbeatLink l = links.get(r);
      if (l == null || !l.leaving) {
        long silent = now - (l == null ? started : l.heard);
        if (silent > silence.toNanos()) {
          String why = Text.format("no sign of life for %d s", silence.toSeconds());
          lose(r, why, l == null ? "it never connected" : l.last);
        }
      }
    }
  }

  private void serve(SelectionKey key) {
    if (key.isAcceptable()) {
      try {
        SocketChannel c = server.accept();
        if (c != null) {
          watch(new HeartbeatLink(c));
        }
      } catch (IOException e) {
        return; // who called is gone
      }
      return;
    }
    HeartbeatLink link = (HeartbeatLink) key.attachment();
    try {
      boolean open = link.read();
      for (Frame f = link.next(); f != null; f = link.next()) {
        take(link, f);
      }
      if (!open && link.leaving) {
        key.cancel(); // nothing more comes from it, but it waits for this rank to take leave
      } else if (!open) {
        close(link, "its process ended");
      }
    } catch (IOException e) {
      close(link, "its connection failed (" + e.getMessage() + ")");
    }
  }

  private void close(HeartbeatLink link, String why) {
    link.close();
    if (link.peer >= 0 && !link.leaving) {
      lose(link.peer, why, link.last);
    }
  }

  private void take(HeartbeatLink link, Frame f) throws IOException {
    boolean knowsToken = f.text().equals(Long.toString(here.token()));
    boolean allowed =
        switch (f.kind()) {
          case HELLO -> knowsToken && rank == 0 && f.number() > 0 && f.number() < all.size();
          case LOST -> knowsToken;
          case BEAT, BYE, END, TOLD -> link.peer >= 0;
        };
    if (!allowed) {
      throw new IOException("a stranger");
    }
    link.heard = System.nanoTime();
    switch (f.kind()) {
      case HELLO -> {
        link.peer = (int) f.number();
        links.set(link.peer, link);
      }
      case BEAT -> {
        if (!f.text().isEmpty()) {
          link.last = (f.number() < 0 ? "" : "step " + f.number() + ", ") + f.text();
        }
      }
      case BYE -> link.leaving = true;
      case END -> {
        relay(link, f.text(), f.number());
        end.now((int) f.number());
      }
      case LOST -> link.send(Kind.TOLD, rank, "");
      case TOLD -> {} // asked for on a connection of its own
    }
  }

  /** Passes on that all are to end. */
  private void relay(HeartbeatLink from, String message, long code) {
    for (HeartbeatLink l : peers()) {
      if (l != from) {
        try {
          l.send(Kind.END, code, message);
        } catch (IOException e) {
          l.close(); // it is lost, too
        }
      }
    }
  }

  /** Tells all others to end silently with an exit code: this rank has said why. */
  void tell(String message, int code) {
    relay(null, message, code);
  }

  private void lose(int peer, String why, String last) {
    if (leaving || lost) {
      return;
    }
    lost = true;
    String message =
        Text.format(
            "rank %d of %d on %s is lost: %s; last heard of: %s",
            peer, all.size(), all.get(peer).host(), why, last);
    if (rank == 0) {
      end.say(message);
      relay(null, message, Ranks.LOST);
      end.now(Ranks.LOST);
    } else {
      // This thread goes on, to answer those who ask the same.
      Thread.ofPlatform().daemon().name("lgc-last-words").start(() -> settle(message));
    }
  }

  private void settle(String message) {
    int millis = (int) lastWords.toMillis();
    if (!LowerRanks.tell(all.subList(1, rank), here.host(), millis)) {
      end.say(message);
    }
    pause(millis);
    end.now(Ranks.LOST);
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes leave of the others, who do the same now, and waits until they have. */
  @Override
  public void close() {
    leaving = true;
    try {
      peers().forEach(Heartbeat::takeLeave);
      // What a peer has sent must be read: otherwise the system would tell it that the connection
      // broke.
      long until = System.nanoTime() + LEAVE.toNanos();
      while (System.nanoTime() < until && !peers().stream().allMatch(HeartbeatLink::isOver)) {
        pause(2);
      }
    } finally {
      close(selector);
      close(server);
      peers().stream().filter(HeartbeatLink::isOver).forEach(HeartbeatLink::close);
    }
  }

  private static void takeLeave(HeartbeatLink l) {
    try {
      l.send(Kind.BYE, 0, "");
      l.channel().shutdownOutput();
    } catch (IOException e) {
      l.leaving = true; // it is gone
    }
  }

  private static void close(Closeable c) {
    try {
      c.close();
    } catch (IOException e) {
      return; // it ends in any case
    }
  }
}
