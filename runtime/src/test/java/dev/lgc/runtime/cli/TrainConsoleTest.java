package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class TrainConsoleTest {
  /** Stopped while its last held-out loss was measured, it has that left to do. */
  @Test
  void aCompleteRunCatchesUpWithoutABar() {
    StringWriter said = new StringWriter();
    try (TrainConsole console = new TrainConsole(new PrintWriter(said), "run", false)) {
      console.begins(5, 5);
      console.heldOut(5, Map.of("loss", 0.5));
      console.metrics(5, Map.of("loss", 0.5));
      console.step(5);
      console.saved(5, Path.of("step-5"));
      console.note("a note");
    }
    assertEquals(
        "the run is complete: 5 steps are done\na note\n",
        said.toString().replace(System.lineSeparator(), "\n"));
  }
}
