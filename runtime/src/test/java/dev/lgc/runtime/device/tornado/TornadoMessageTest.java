package dev.lgc.runtime.device.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class TornadoMessageTest {
  @Test
  void theInnermostCauseIsToldInOneLineWithoutColours() {
    Exception inner =
        new IllegalStateException("\u001b[31m[ERROR] No device.\u001b[0m\nStacktrace");
    assertEquals("No device.", TornadoMessage.of(new RuntimeException("outer", inner)));
    assertEquals("outer", TornadoMessage.of(new RuntimeException("outer", new Error())));
    Exception none =
        new IllegalStateException("No platforms found. Deoptimizing to sequential execution.");
    assertEquals("No platforms found.", TornadoMessage.of(none));
    assertEquals("NullPointerException", TornadoMessage.of(new NullPointerException()));
  }
}
