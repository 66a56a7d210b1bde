package dev.lgc.runtime.dist;

import dev.lgc.runtime.dist.HeartbeatLink.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The ranks below one that has lost rank 0. If any of them lives, the lowest tells the user what
 * has happened.
 */
final class LowerRanks {
  /** As many as are asked: if all of these are gone, two messages are better than none. */
  private static final int MOST = 64;

  private LowerRanks() {}

  /**
   * Asks all of them at once.
   *
   * @param from the host of the one that asks
   * @return true if one answered in time
   */
  static boolean tell(List<Contact> lower, String from, int millis) {
    CompletableFuture<Boolean> any = new CompletableFuture<>();
    lower.stream()
        .limit(MOST)
        .forEach(
            c ->
                Thread.ofPlatform()
                    .daemon()
                    .name("lgc-ask")
                    .start(
                        () -> {
                          if (answers(c, from, millis)) {
                            any.complete(true);
                          }
                        }));
    try {
      return !lower.isEmpty() && any.get(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      return false;
    }
  }

  private static boolean answers(Contact c, String from, int millis) {
    try (SocketChannel channel = c.connect(from, millis)) {
      new HeartbeatLink(channel).send(Kind.LOST, 0, Long.toString(c.token()));
      return channel.read(ByteBuffer.allocate(1)) > 0;
    } catch (IOException e) {
      return false; // it is gone
    }
  }
}
