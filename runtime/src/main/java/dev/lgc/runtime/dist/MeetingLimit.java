package dev.lgc.runtime.dist;

import dev.lgc.dsl.text.Text;

/**
 * A limit to the time in which all ranks come together: until then no heartbeat watches over them,
 * and MPI waits without end for one that hangs or whose network is cut. A process that overstays it
 * ends as if a rank was lost.
 */
final class MeetingLimit implements AutoCloseable {
  private static final String PROPERTY = "lgc.meet.seconds";
  private static final int SECONDS = 120;

  /** Seconds that each rank leaves to those before it, so that one of them speaks. */
  private static final int LATER = 2;

  private static final int MOST_LATER = 3;

  private final Thread thread;
  private volatile boolean over;

  private MeetingLimit(int rank, int size, int seconds, Runnable end) {
    String message =
        Text.format(
            "rank %d of %d on %s: the ranks did not come together within %d s: one of them hangs,"
                + " or cannot be reached (-D%s=N in LGC_JAVA_OPTS waits longer)",
            rank, size, Contact.hostName(), seconds, PROPERTY);
    int wait = seconds + LATER * Math.min(rank, MOST_LATER);
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("lgc-meeting")
            .start(
                () -> {
                  if (passes(wait) && !over) {
                    System.err.println("error: " + message);
                    System.err.flush();
                    end.run();
                  }
                });
  }

  /** Begins to count for this process. */
  static MeetingLimit start() {
    Launch launch = Launch.ofThisProcess().orElse(new Launch("", 0, 1));
    int seconds = Math.max(1, Integer.getInteger(PROPERTY, SECONDS));
    return new MeetingLimit(
        launch.rank(), launch.size(), seconds, () -> Runtime.getRuntime().halt(Ranks.LOST));
  }

  /** Second by second: a process that stands still in between is given what it missed. */
  private static boolean passes(int seconds) {
    try {
      for (int s = 0; s < seconds; s++) {
        Thread.sleep(1000);
      }
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Override
  public void close() {
    over = true;
    thread.interrupt();
  }
}
