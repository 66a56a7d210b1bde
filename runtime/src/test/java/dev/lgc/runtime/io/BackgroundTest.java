package dev.lgc.runtime.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Work in the background is done by as few threads as are meant. */
@Tag("pure")
final class BackgroundTest {
  @Test
  void aWorkerTakesWhatItIsGivenInTurnOnOneThread() {
    CountDownLatch given = new CountDownLatch(1);
    List<Integer> done = new ArrayList<>(); // of one thread: it needs no lock
    ExecutorService worker = Background.worker();
    try {
      List<Background<Thread>> all = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        int number = i;
        all.add(
            Background.of(
                worker,
                () -> {
                  await(given);
                  done.add(number);
                  return Thread.currentThread();
                }));
      }
      given.countDown(); // giving work did not wait for it
      List<Thread> threads = all.stream().map(Background::get).distinct().toList();
      assertEquals(1, threads.size());
      assertTrue(threads.getFirst().isDaemon());
      assertEquals(done.stream().sorted().toList(), done);
      assertEquals(50, done.size());
    } finally {
      worker.shutdownNow();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
