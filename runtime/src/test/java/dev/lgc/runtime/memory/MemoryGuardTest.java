package dev.lgc.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A refusal names what would help. */
@Tag("pure")
final class MemoryGuardTest {
  private static MemoryNeed need(long bytes) {
    return MemoryNeed.of(List.of()).withBuffers(bytes);
  }

  @Test
  void remediesOfEqualSizeAreAllNamedInTheOrderOfWhatTheyHelp() {
    long gigabyte = 1_000_000_000;
    MemoryBounds bounds =
        new MemoryBounds(List.of(new MemoryBound(MemoryBound.Kind.MACHINE, "", gigabyte, 0, 0)), 0);
    List<MemoryGuard.Remedy> remedies =
        List.of(
            new MemoryGuard.Remedy("larger", () -> need(9 * gigabyte)),
            new MemoryGuard.Remedy("one", () -> need(8 * gigabyte)),
            new MemoryGuard.Remedy("other", () -> need(8 * gigabyte)));
    List<String> hints = new ArrayList<>();
    MemoryGuard.require(
        "training M",
        need(10 * gigabyte),
        bounds,
        () -> remedies,
        w -> {},
        s -> hints.add(s.hint()));
    List<String> named =
        List.of(hints.getFirst().toLowerCase(Locale.ROOT).split("; ")).stream()
            .map(h -> h.substring(0, h.indexOf(' ')))
            .toList();
    assertEquals(List.of("one", "other", "larger", "a"), named, hints.getFirst());
  }
}
