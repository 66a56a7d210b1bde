package dev.lgc.runtime.data.decode;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.memory.MemoryBound;
import dev.lgc.runtime.memory.MemoryBounds;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** JPEGs of several scans take no more memory outside of the heap than there is. */
@Timeout(60)
@Tag("pure")
class CoefficientsTest {
  private static final long MIB = 1L << 20;

  @Test
  void allThreadsTogetherKeepNoMoreThanTheirShareAndOneLargePictureIsAlone() {
    AtomicLong now = new AtomicLong();
    AtomicLong most = new AtomicLong();
    long[] sizes = {40 * MIB, 100 * MIB, 3 * Coefficients.SHARED, 200 * MIB};
    IntStream.range(0, 64)
        .parallel()
        .forEach(
            i -> {
              long bytes = Math.min(sizes[i % sizes.length], Coefficients.SHARED);
              try (Coefficients _ = Coefficients.reserve(sizes[i % sizes.length])) {
                most.accumulateAndGet(now.addAndGet(bytes), Math::max);
                Thread.onSpinWait();
                now.addAndGet(-bytes);
              }
            });
    assertEquals(Coefficients.SHARED, most.get());
    assertEquals(0, now.get());
  }

  @Test
  void whatNeverFitsIsRefusedForGoodAndWhatOthersLeaveNoRoomForIsRefusedForNow() {
    MemoryBounds bounds = within(1000 * MIB, 400 * MIB);
    assertDoesNotThrow(() -> Coefficients.require(600 * MIB, 20_000, 10_000, bounds));
    ImageException now =
        assertThrows(
            ImageException.class, () -> Coefficients.require(678 * MIB, 20_000, 10_000, bounds));
    assertTrue(now.isPassing(), now.getMessage());
    assertTrue(
        now.getMessage().startsWith("20000 by 10000 pixels in several scans take 711 MB to decode"),
        now.getMessage());
    assertTrue(now.getMessage().contains("there are 629 MB within"), now.getMessage());
    ImageException never =
        assertThrows(
            ImageException.class, () -> Coefficients.require(1270 * MIB, 20_000, 10_000, bounds));
    assertFalse(never.isPassing(), never.getMessage());
    assertFalse(never.damaged(), never.getMessage());
  }

  private static MemoryBounds within(long limit, long used) {
    return new MemoryBounds(
        List.of(new MemoryBound(MemoryBound.Kind.GROUP, "/a", limit, used, 0)), 0);
  }
}
