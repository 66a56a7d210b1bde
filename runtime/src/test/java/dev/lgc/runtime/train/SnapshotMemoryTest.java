package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.memory.MemoryBound;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.model.CheckpointTensors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tensors are copied where that leaves memory for others, into the same place each time. */
@Tag("pure")
final class SnapshotMemoryTest {
  private static TensorEntry tensor(String name, float... x) {
    return new TensorEntry(name, StoredType.F32, new long[] {x.length}, MemorySegment.ofArray(x));
  }

  private static CheckpointTensors tensors(float[] seen, float[] block) {
    return new CheckpointTensors(
        List.of(tensor("seen", seen), tensor("none")),
        List.of(tensor("w", block)),
        Map.of("w", List.of(5L)),
        1,
        2);
  }

  private static MemoryBounds bound(long left) {
    return new MemoryBounds(
        List.of(new MemoryBound(MemoryBound.Kind.MACHINE, "", 1000 + left, 1000, 0)), 0);
  }

  @Test
  void aCopyDoesNotChangeWithTheTensors() {
    try (SnapshotMemory memory = new SnapshotMemory(() -> bound(1 << 20))) {
      float[] block = {1, 2, 3};
      CheckpointTensors first = memory.copy(tensors(new float[] {7}, block), 2).orElseThrow();
      Arrays.fill(block, 0);
      assertEquals(tensors(new float[] {7}, new float[] {1, 2, 3}), first);
      CheckpointTensors second =
          memory.copy(tensors(new float[] {8}, new float[] {4, 5, 6}), 2).orElseThrow();
      assertEquals(tensors(new float[] {8}, new float[] {4, 5, 6}), second);
      assertEquals(first, second, "the memory is that of the first");
    }
  }

  @Test
  void noMoreThanHalfOfWhatIsLeftIsTaken() {
    long bytes = 2 * 64;
    for (int writers : new int[] {1, 4}) {
      for (long left : new long[] {0, 1, 2 * bytes * writers - 2 * writers, 2 * bytes * writers}) {
        List<Long> asked = new ArrayList<>();
        try (SnapshotMemory memory =
            new SnapshotMemory(
                () -> {
                  asked.add(left);
                  return bound(left);
                })) {
          for (int time = 0; time < 2; time++) {
            boolean copied =
                memory.copy(tensors(new float[] {7}, new float[] {1, 2, 3}), writers).isPresent();
            assertEquals(left == 2 * bytes * writers, copied, left + " for " + writers);
          }
          assertEquals(1, asked.size(), "it is decided once");
        }
      }
    }
    try (SnapshotMemory memory = new SnapshotMemory(() -> new MemoryBounds(List.of(), 0))) {
      assertTrue(memory.copy(tensors(new float[] {7}, new float[] {1}), 1).isPresent());
    }
  }
}
