package dev.lgc.runtime.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.jvm.KernelCode;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("backend")
class WorkerPoolTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyUnitIsDoneOnceInEveryRound(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      for (int round = 0; round < 20_000; round++) {
        int units = 1 + round % 37;
        AtomicIntegerArray done = new AtomicIntegerArray(units);
        KernelCode code =
            (phase, buffers, shared, scratch, from, to) -> {
              for (long u = from; u < to; u++) {
                done.incrementAndGet((int) u);
              }
            };
        pool.run(code, 0, new long[0], 0, units);
        for (int u = 0; u < units; u++) {
          assertEquals(1, done.get(u), "unit " + u + " of " + units + " in round " + round);
        }
      }
    }
  }

  /** One thread is held up in its first share: the other does everything else meanwhile. */
  @Test
  void nobodyWaitsForAThreadThatIsLate() {
    try (WorkerPool pool = new WorkerPool(2)) {
      int units = 64;
      CountDownLatch rest = new CountDownLatch(units - 8);
      Thread[] by = new Thread[units];
      KernelCode code =
          (phase, buffers, shared, scratch, from, to) -> {
            for (int u = (int) from; u < to; u++) {
              by[u] = Thread.currentThread();
              rest.countDown();
            }
            if (Thread.currentThread().getName().startsWith("lgc-worker")) {
              try {
                rest.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
          };
      pool.run(code, 0, new long[0], 0, units);
      long mine = Arrays.stream(by).filter(Thread.currentThread()::equals).count();
      assertTrue(mine >= units - 16, mine + " of " + units);
    }
  }

  @Test
  void whatGoesWrongInAThreadIsThrownWhenAllAreDone() {
    try (WorkerPool pool = new WorkerPool(2)) {
      KernelCode code =
          (phase, buffers, shared, scratch, from, to) -> {
            throw new ArithmeticException("wrong");
          };
      assertThrows(ArithmeticException.class, () -> pool.run(code, 0, new long[0], 0, 8));
      pool.run((phase, buffers, shared, scratch, from, to) -> {}, 0, new long[0], 0, 8);
    }
  }
}
