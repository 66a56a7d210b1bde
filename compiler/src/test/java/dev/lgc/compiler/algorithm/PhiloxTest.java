package dev.lgc.compiler.algorithm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class PhiloxTest {
  @Test
  void givesThePublishedWords() {
    // Known-answer vectors of Random123 (kat_vectors, philox4x32 10).
    assertArrayEquals(
        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, words(0, 0, 0, 0, 0, 0));
    assertArrayEquals(
        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, words(-1, -1, -1, -1, -1, -1));
    assertArrayEquals(
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        words(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0));
  }

  private static int[] words(int c0, int c1, int c2, int c3, int k0, int k1) {
    return IntStream.range(0, 4).map(i -> Philox.word(c0, c1, c2, c3, k0, k1, i)).toArray();
  }

  @Test
  void uniformsAreEvenAndBelowOne() {
    double sum = 0;
    for (int i = 0; i < 40_000; i++) {
      float u = Philox.uniform(new int[] {7, 1, 2, 3}, 5, i);
      assertTrue(u >= 0 && u < 1);
      sum += u;
    }
    assertEquals(0.5, sum / 40_000, 0.01);
  }
}
