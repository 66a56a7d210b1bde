package dev.lgc.runtime.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Scaled;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class ByteSizeTest {
  private static void reads(long bytes, String text) {
    assertEquals(Optional.of(new ByteSize(bytes)), ByteSize.parse(text), text);
  }

  @Test
  void unitsAreThoseOfThousandsAndOf1024() {
    reads(4096, "4096");
    reads(800_000_000, "800MB");
    reads(2684354560L, "2.5GiB");
    reads(2_500_000_000L, " 2.5 GB ");
    reads(512, ".5KiB");
  }

  @Test
  void whatIsNoSizeIsNone() {
    for (String s : new String[] {"", "GB", "2.5G", "2gb", "-1GB", "0", "1e9", "1 000 MB"}) {
      assertTrue(ByteSize.parse(s).isEmpty(), s);
    }
  }

  @Test
  void itIsShownInTheLargestUnitOf1024() {
    assertEquals("2.50GiB", new ByteSize(2684354560L).toString());
    assertEquals("1023B", new ByteSize(1023).toString());
    assertEquals("1.00KiB", new ByteSize(1024).toString());
  }

  @Test
  void aSizeThatIsRoundedUpIsEnoughAsItIsSaid() {
    for (long n : new long[] {1, 1023, 1025, 1_331_439_861, 1_331_439_862, 79_999_999_999L}) {
      long said = ByteSize.parse(new ByteSize(n).roundedUp().toString()).orElseThrow().bytes();
      assertTrue(said >= n && said <= 1.01 * n, said + " for " + n);
      long scaled = ByteSize.parse(Scaled.bytesUp(n)).orElseThrow().bytes();
      assertTrue(scaled >= n && scaled <= 1.01 * n, scaled + " for " + n);
    }
  }
}
