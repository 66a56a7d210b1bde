package dev.lgc.compiler.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class PlacementTest {
  @Test
  void valuesThatAreAliveTogetherNeverOverlap() {
    long first = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    for (long seed = first; seed < first + 300; seed++) {
      List<Lifetime> values = random(new Random(seed));
      Placement p = Placement.of(values);
      for (int i = 0; i < values.size(); i++) {
        assertEquals(0, p.offsets()[i] % Placement.ALIGNMENT, "seed " + seed);
        assertTrue(p.offsets()[i] + values.get(i).bytes() <= p.peak(), "seed " + seed);
        for (int j = 0; j < i; j++) {
          boolean apart =
              p.offsets()[i] + values.get(i).bytes() <= p.offsets()[j]
                  || p.offsets()[j] + values.get(j).bytes() <= p.offsets()[i];
          assertTrue(apart || !values.get(i).overlaps(values.get(j)), "seed " + seed);
        }
      }
      assertTrue(p.peak() >= p.lowerBound(), "seed " + seed);
    }
  }

  @Test
  void memoryThatIsTakenLaterIsUsedUntilThen() {
    List<Placement.Taken> taken =
        List.of(
            new Placement.Taken(0, new Lifetime(640, 8, 10)),
            new Placement.Taken(640, new Lifetime(640, 4, 10)));
    List<Lifetime> values =
        List.of(
            new Lifetime(1280, 0, 3),
            new Lifetime(640, 4, 7),
            new Lifetime(640, 4, 8),
            new Lifetime(64, 9, 10));
    Placement p = Placement.beside(taken, values);
    assertEquals(List.of(0L, 0L, 1280L, 1280L), Arrays.stream(p.offsets()).boxed().toList());
    assertEquals(1280 + 640, p.peak());
    assertEquals(1280 + 640, p.lowerBound());
  }

  @Test
  void aChainNeedsTwoPlaces() {
    List<Lifetime> chain = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      chain.add(new Lifetime(640, i, i + 1));
    }
    Placement p = Placement.of(chain);
    assertEquals(1280, p.peak());
    assertEquals(1280, p.lowerBound());
  }

  @Test
  void randomProgramsWasteLittle() {
    long seed = Long.getLong("lgc.seed", new Random().nextInt(1 << 30));
    Random random = new Random(seed);
    double waste = 0;
    for (int i = 0; i < 50; i++) {
      waste += Placement.of(random(random)).fragmentation() / 50;
    }
    assertFalse(waste > 0.1, "seed " + seed + " wastes " + waste);
  }

  private static List<Lifetime> random(Random random) {
    List<Lifetime> values = new ArrayList<>();
    int calls = 1 + random.nextInt(40);
    for (int i = 0; i < random.nextInt(80); i++) {
      int from = random.nextInt(calls);
      int to = Math.min(calls, from + random.nextInt(1 + random.nextInt(20)));
      values.add(new Lifetime(1 + random.nextInt(1 << random.nextInt(16)), from, to));
    }
    return values;
  }
}
