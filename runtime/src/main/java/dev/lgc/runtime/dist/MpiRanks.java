package dev.lgc.runtime.dist;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lgc.compiler.op.Collective;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.CollectiveMemory.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/**
 * Ranks that are processes, started by {@code mpirun} or another launcher of MPI.
 *
 * <p>If a rank is lost, or ends before it has closed this, all ranks end within ten seconds, after
 * one message, with exit code {@link #LOST}; if one of its threads ends by an exception, with 1.
 */
public final class MpiRanks implements Ranks {
  private static final int END_MILLIS = 1000;
  private static final int CLOSE_MILLIS = 10_000;

  private static final int FAILED = 1;

  private final Mpi mpi;
  private final MpiThread thread;
  private final Heartbeat heartbeat;
  private final String host;
  private final int rank;
  private final int size;
  private final List<Integer> all;
  private final CollectiveClock clock = new CollectiveClock();

  /** The time of what is gathered for messages and agreement, which nobody asks for. */
  private final CollectiveClock gathers = new CollectiveClock();

  private final AtomicBoolean ended = new AtomicBoolean();
  private boolean closed;
  private boolean byLibrary;

  private MpiRanks(Mpi mpi) throws MpiMissing {
    this.mpi = mpi;
    // The thread fails only with a job, and there is none before this is complete.
    thread = new MpiThread(mpi, this::fail);
    int[] place = thread.meet();
    rank = place[0];
    size = place[1];
    all = IntStream.range(0, size).boxed().toList();
    heartbeat = new Heartbeat(rank, new Ending());
    host = heartbeat.contact().host();
  }

  /**
   * Meets the other ranks; once in a process.
   *
   * @throws MpiMissing if there is no MPI library here, or one that does not fit
   */
  public static MpiRanks open() throws MpiMissing {
    Mpi mpi = Mpi.load();
    try (MeetingLimit _ = MeetingLimit.start()) {
      return meet(mpi);
    }
  }

  private static MpiRanks meet(Mpi mpi) throws MpiMissing {
    MpiRanks ranks = new MpiRanks(mpi);
    int started = Launch.ofThisProcess().map(Launch::size).orElse(1);
    if (ranks.size != started) {
      ranks.heartbeat.close();
      ranks.thread.end(ranks.mpi::end, false, CLOSE_MILLIS);
      throw new MpiMissing(
          Text.format(
              "this process was started for %s, but %s sees %d: launcher and library are of"
                  + " different installations; -D%s=FILE in LGC_JAVA_OPTS names the library",
              Text.count(started, "rank"), ranks.mpi.name(), ranks.size, MpiFiles.PROPERTY));
    }
    ranks.watch();
    return ranks;
  }

  private void watch() {
    byte[][] contacts = gather(heartbeat.contact().bytes());
    try {
      heartbeat.start(Arrays.stream(contacts).map(Contact::of).toList());
    } catch (IOException e) {
      abort("cannot reach rank 0: " + e.getMessage(), FAILED);
    }
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (t, e) -> {
          if (before != null) {
            before.uncaughtException(t, e);
          } else {
            e.printStackTrace();
          }
          abort("thread " + t.getName() + " ended by " + e, FAILED);
        });
  }

  /** The MPI library, with its version. */
  public String library() {
    return mpi.name();
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void addByLibrary() {
    byLibrary = true;
  }

  @Override
  public Pending start(Collective op, List<MemorySegment> from, List<MemorySegment> to) {
    return start(CollectiveMemory.of(op, this, from, to), clock);
  }

  private Pending start(CollectiveMemory m, CollectiveClock time) {
    if (m.size() == 1) {
      m.copy();
      return Pending.DONE;
    }
    CollectiveJob job =
        byLibrary && m.isAddedByLibrary()
            ? CollectiveJob.ofLibrary(m, time)
            : new CollectiveJob(m, Piece.most(m.kind(), m.size(), MpiThread.SCRATCH), time);
    thread.submit(job);
    return job;
  }

  @Override
  public CollectiveSeconds collectives() {
    return clock.seconds();
  }

  @Override
  public byte[][] gather(byte[] mine) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment lengths = arena.allocate(JAVA_LONG, size);
      MemorySegment length = arena.allocateFrom(JAVA_LONG, (long) mine.length);
      gather(length, lengths);
      long longest = Arrays.stream(lengths.toArray(JAVA_LONG)).max().orElse(0);
      // As long on every rank; what is gathered so is short, or alike.
      MemorySegment from = arena.allocate(longest, 8);
      MemorySegment to = arena.allocate(longest * size, 8);
      MemorySegment.copy(mine, 0, from, JAVA_BYTE, 0, mine.length);
      gather(from, to);
      byte[][] said = new byte[size][];
      for (int r = 0; r < size; r++) {
        long n = lengths.getAtIndex(JAVA_LONG, r);
        said[r] = to.asSlice(r * longest, n).toArray(JAVA_BYTE);
      }
      return said;
    }
  }

  private void gather(MemorySegment from, MemorySegment to) {
    start(new CollectiveMemory(Kind.ALL_GATHER, all, rank, List.of(from), List.of(to)), gathers)
        .await();
  }

  @Override
  public void progress(long step, String doing) {
    heartbeat.at(step, doing);
  }

  @Override
  public void abort(String why, int code) {
    if (!ended.getAndSet(true)) {
      String message = Text.format("rank %d of %d on %s: %s", rank, size, host, why);
      print(message);
      heartbeat.tell(message, code);
      end(code);
    }
    sleepForEver(); // another thread ends this process
  }

  private void fail(Throwable e) {
    abort("the thread of MPI ended by " + e, LOST);
  }

  private void end(int code) {
    thread.end(() -> mpi.abort(code), true, END_MILLIS);
    Runtime.getRuntime().halt(code);
  }

  private static void print(String message) {
    System.err.println("error: " + message);
    System.err.flush();
  }

  private static void sleepForEver() {
    while (true) {
      try {
        Thread.sleep(Long.MAX_VALUE);
      } catch (InterruptedException e) {
        continue; // there is nothing to go back to
      }
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      gather(new byte[0]);
      heartbeat.close();
      thread.end(mpi::end, false, CLOSE_MILLIS);
    }
  }

  /** The end that the heartbeat decides on. */
  private final class Ending implements Heartbeat.End {
    @Override
    public void say(String message) {
      if (!ended.get()) {
        print(message);
      }
    }

    @Override
    public void now(int code) {
      if (!ended.getAndSet(true)) {
        end(code);
      }
    }
  }
}
