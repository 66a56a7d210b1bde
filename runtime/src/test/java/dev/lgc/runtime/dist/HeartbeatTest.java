package dev.lgc.runtime.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.dist.HeartbeatLink.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Heartbeats of three ranks in one process, with beats of 100 ms. */
@Tag("pure")
final class HeartbeatTest {
  private static final Duration BEAT = Duration.ofMillis(100);
  private static final Duration SILENCE = Duration.ofMillis(1500);

  /** The silence where none is to be lost, even if this process stutters. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /** The end of a rank, which is only noted. */
  private static final class Noted implements Heartbeat.End {
    final List<String> said = new CopyOnWriteArrayList<>();
    final CountDownLatch over = new CountDownLatch(1);

    @Override
    public void say(String message) {
      said.add(message);
    }

    @Override
    public void now(int code) {
      over.countDown();
    }

    boolean ends() throws InterruptedException {
      return over.await(30, TimeUnit.SECONDS);
    }
  }

  private final List<Noted> ends = new ArrayList<>();
  private final List<Heartbeat> beats = new ArrayList<>();

  private void open(Duration silence) {
    for (int r = 0; r < 3; r++) {
      ends.add(new Noted());
      beats.add(new Heartbeat(r, ends.get(r), BEAT, silence, LAST_WORDS));
    }
  }

  private List<Contact> contacts() {
    return beats.stream().map(h -> Contact.of(h.contact().bytes())).toList();
  }

  @Test
  void ranksThatTakeLeaveAreNotLost() throws Exception {
    open(PATIENCE);
    for (Heartbeat h : beats) {
      h.start(contacts());
    }
    Thread.sleep(PATIENCE.plusSeconds(1));
    List<Thread> leaving = beats.stream().map(h -> Thread.ofPlatform().start(h::close)).toList();
    for (Thread t : leaving) {
      t.join();
    }
    Thread.sleep(300);
    for (Noted e : ends) {
      assertEquals(List.of(), e.said);
      assertEquals(1, e.over.getCount());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"012", "210", "102"})
  void ranksMayTakeLeaveOneAfterTheOther(String order) throws Exception {
    open(PATIENCE);
    for (Heartbeat h : beats) {
      h.start(contacts());
    }
    Thread.sleep(500);
    List<FutureTask<Long>> leaving = new ArrayList<>();
    for (char r : order.toCharArray()) {
      Heartbeat h = beats.get(r - '0');
      FutureTask<Long> leave =
          new FutureTask<>(
              () -> {
                long start = System.nanoTime();
                h.close();
                return (System.nanoTime() - start) / 1_000_000;
              });
      leaving.add(leave);
      Thread.ofPlatform().start(leave);
      Thread.sleep(200);
    }
    for (FutureTask<Long> leave : leaving) {
      long millis = leave.get();
      assertTrue(millis < 1500, () -> "took leave for " + millis + " ms");
    }
    for (Noted e : ends) {
      assertEquals(List.of(), e.said);
      assertEquals(1, e.over.getCount());
    }
  }

  @Test
  void aLinkThatIsCutEndsAllAndRankZeroSaysSo() throws Exception {
    open(SILENCE);
    try (Link link = new Link(beats.getFirst().contact().port())) {
      Contact zero = contacts().getFirst();
      List<String> none = List.of();
      Contact behind = new Contact(zero.host(), link.port(), zero.token(), none);
      for (int r = 0; r < 3; r++) {
        List<Contact> all = new ArrayList<>(contacts());
        all.set(0, r == 2 ? behind : zero);
        beats.get(r).start(all);
      }
      beats.get(2).at(17, "adding");
      Thread.sleep(500);
      link.cut = true;
      for (Noted e : ends) {
        assertTrue(e.ends());
      }
    }
    assertEquals(List.of(), ends.get(1).said);
    assertEquals(List.of(), ends.get(2).said); // it reaches rank 1, which lives
    assertEquals(1, ends.get(0).said.size());
    String message = ends.get(0).said.getFirst();
    assertTrue(message.startsWith("rank 2 of 3 on "), message);
    assertTrue(message.contains("no sign of life"), message);
    assertTrue(message.endsWith("step 17, adding"), message);
  }

  @Test
  void aRankThatEndsAllTellsTheOthersThroughRankZero() throws Exception {
    open(PATIENCE);
    for (Heartbeat h : beats) {
      h.start(contacts());
    }
    Thread.sleep(500);
    beats.get(1).tell("the disk is full", 1);
    assertTrue(ends.get(0).ends());
    assertTrue(ends.get(2).ends());
    assertEquals(List.of(), ends.get(0).said);
    assertEquals(List.of(), ends.get(2).said);
  }

  @Test
  void strangersEndNothingAndAreToldNothing() throws Exception {
    open(PATIENCE);
    for (Heartbeat h : beats) {
      h.start(contacts());
    }
    Thread.sleep(500);
    for (Contact c : contacts()) {
      for (Kind kind : Kind.values()) {
        assertTrue(refuses(c, kind, Long.toString(c.token() + 1)), () -> c + ": " + kind);
      }
      assertTrue(refuses(c, Kind.END, Long.toString(c.token())), c::toString);
      assertTrue(LowerRanks.tell(List.of(c), c.host(), 10_000), c::toString);
    }
    for (Noted e : ends) {
      assertEquals(List.of(), e.said);
      assertEquals(1, e.over.getCount());
    }
  }

  /** True if a frame on a connection of its own closes it, without an answer. */
  private static boolean refuses(Contact c, Kind kind, String text) throws IOException {
    try (SocketChannel channel = c.connect(c.host(), 10_000)) {
      new HeartbeatLink(channel).send(kind, 1, text);
      return channel.read(ByteBuffer.allocate(1)) < 0;
    }
  }

  /** A wire to a port, which carries nothing more once it is cut. */
  private static final class Link implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final int to;
    volatile boolean cut;

    Link(int to) throws IOException {
      this.to = to;
      Thread.ofPlatform().daemon().start(this::run);
    }

    int port() {
      return server.getLocalPort();
    }

    private void run() {
      try {
        Socket near = server.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
        Thread.ofPlatform().daemon().start(() -> pass(near, far));
        pass(far, near);
      } catch (IOException e) {
        return; // the test is over
      }
    }

    private void pass(Socket from, Socket into) {
      byte[] bytes = new byte[1000];
      try {
        for (int n = 0; n >= 0; n = from.getInputStream().read(bytes)) {
          if (!cut) {
            into.getOutputStream().write(bytes, 0, n);
          }
        }
      } catch (IOException e) {
        return; // the test is over
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }
}
