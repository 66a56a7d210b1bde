package dev.lgc.compiler.emit.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Philox;
import dev.lgc.dsl.text.Text;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class UniformsTest {
  @Test
  void vectorsHoldTheNumbersOfTheirIndexes() {
    long seed = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    Random r = new Random(seed);
    int[] key = {r.nextInt(), r.nextInt(), r.nextInt(), r.nextInt()};
    int stream = r.nextInt();
    try (Arena arena = Arena.ofConfined()) {
      for (int count : new int[] {1, 3, 4, 8, 15, 16, 17, 32, 61}) {
        for (int index : new int[] {0, 1, 2, 3, 4, 12, 1000, Integer.MAX_VALUE - 70}) {
          MemorySegment at = arena.allocate(4L * count, 4);
          Uniforms.uniforms(key[0], key[1], key[2], key[3], stream, index, count, at.address());
          for (int i = 0; i < count; i++) {
            assertEquals(
                Philox.uniform(key, stream, index + i),
                at.getAtIndex(ValueLayout.JAVA_FLOAT, i),
                Text.format("seed %d: %d of %d from %d", seed, i, count, index));
          }
        }
      }
    }
  }
}
