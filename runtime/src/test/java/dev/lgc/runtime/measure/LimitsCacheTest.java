package dev.lgc.runtime.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.device.cpu.Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
final class LimitsCacheTest {
  @TempDir private Path dir;

  @Test
  void theHighestRatesAreKept() throws IOException {
    assertEquals(Optional.empty(), LimitsCache.read(dir, "ACME 1", 2));
    LimitsCache.keep(dir, "ACME 1", new Probe.Rates(200e9, 20e9, 30e9), 2);
    LimitsCache.keep(dir, "ACME 1", new Probe.Rates(100e9, 25e9, 10e9), 2);
    LimitsCache kept = LimitsCache.read(dir, "ACME 1", 2).orElseThrow();
    assertEquals(
        List.of(200e9, 25e9, 30e9), List.of(kept.operations(), kept.bytes(), kept.updated()));
  }

  @Test
  void theyAreOfOneProcessorAndNumberOfThreads() throws IOException {
    LimitsCache.keep(dir, "ACME 1", new Probe.Rates(1e9, 1e9, 1e9), 2);
    assertEquals(Optional.empty(), LimitsCache.read(dir, "ACME 1", 4));
    assertEquals(Optional.empty(), LimitsCache.read(dir, "ACME 2", 2));
  }

  @Test
  void aDamagedFileIsNone() throws IOException {
    LimitsCache.keep(dir, "ACME 1", new Probe.Rates(1e9, 1e9, 1e9), 2);
    Path file;
    try (Stream<Path> files = Files.list(dir)) {
      file = files.findFirst().orElseThrow();
    }
    String text = Files.readString(file);
    for (String bad :
        List.of("", "{}", "[1", text.replace("1.0E9", "-1"), text.replace("1.0E9", "\"NaN\""))) {
      Files.writeString(file, bad);
      assertEquals(Optional.empty(), LimitsCache.read(dir, "ACME 1", 2), bad);
    }
    LimitsCache.keep(dir, "ACME 1", new Probe.Rates(3e9, 3e9, 3e9), 2);
    assertTrue(LimitsCache.read(dir, "ACME 1", 2).isPresent());
  }

  @Test
  void nothingIsAboveItsLimit() {
    assertEquals("50 %", Measurement.share(1, 2));
    assertEquals("100 %", Measurement.share(1.004, 1));
    assertEquals(">100 %", Measurement.share(7.02, 1));
  }
}
