package dev.lgc.runtime.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lgc.runtime.io.BadInputException;
import java.util.EnumSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class DebugTest {
  @Test
  void levelsAreNamedWithCommasBetween() {
    assertEquals(EnumSet.noneOf(Debug.class), Debug.of(null));
    assertEquals(EnumSet.noneOf(Debug.class), Debug.of(" "));
    assertEquals(EnumSet.of(Debug.GUARD), Debug.of("guard"));
    assertEquals(EnumSet.allOf(Debug.class), Debug.of("times, verify,guard"));
  }

  @Test
  void anotherNameIsRefusedWithThoseThereAre() {
    BadInputException e = assertThrows(BadInputException.class, () -> Debug.of("guard,all"));
    assertEquals("LGC_DEBUG=guard,all", e.what());
    assertEquals("some of verify, guard, times", e.expected());
  }
}
