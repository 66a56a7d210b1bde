package dev.lgc.runtime.cli;

import java.util.List;

/**
 * The processes of ranks that a launcher has started on this machine. Signals go to them, not to
 * the launcher, which would leave them a second to save.
 */
final class StartedRanks implements Relaunch.Other {
  private static final int LOOK_MILLIS = 200;
  private static final int SELDOM_MILLIS = 3000;
  private static final int END_MILLIS = 20_000;

  /** As last seen: once the launcher is gone, nobody knows what it has started. */
  private volatile List<ProcessHandle> seen = List.of();

  @Override
  public void started(Process launcher) {
    Thread.ofVirtual()
        .start(
            () -> {
              while (launcher.isAlive()) {
                List<ProcessHandle> now = launcher.descendants().toList();
                seen = now.isEmpty() ? seen : now;
                pause(seen.isEmpty() ? LOOK_MILLIS : SELDOM_MILLIS);
              }
            });
  }

  @Override
  public void terminate(Process launcher) {
    // A rank may have started a JVM in its place, which passes nothing on but its own end.
    List<ProcessHandle> last =
        launcher.descendants().filter(p -> p.children().findAny().isEmpty()).toList();
    if (last.isEmpty()) {
      launcher.toHandle().destroy();
    }
    last.forEach(ProcessHandle::destroy);
  }

  /** Waits until none is left, as a launcher that was killed leaves some, which still write. */
  void awaitEnd() {
    long until = System.nanoTime() + END_MILLIS * 1_000_000L;
    while (seen.stream().anyMatch(ProcessHandle::isAlive) && System.nanoTime() < until) {
      pause(LOOK_MILLIS);
    }
    seen.forEach(ProcessHandle::destroyForcibly);
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
