package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dump.DumpItem;
import dev.lgc.runtime.train.TinyRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The commands that the launcher starts without the Vector API, which is in the JVM of every other
 * test: a class of it that they load by mistake is missing only here.
 */
@EnabledOnOs(OS.LINUX)
@Tag("backend")
final class ReckoningCommandsTest {
  private static final String TORNADO = "--kernels tornado";

  @TempDir private Path dir;

  private static Stream<String> commands() {
    String dumps = DumpItem.names().collect(Collectors.joining(","));
    return Stream.of(
        "--version",
        "fmt tiny.arch",
        "check tiny.arch",
        "plan tiny.arch -m TinyTokenizer --for training",
        "plan tiny.arch -m TinyTokenizer --for inference",
        "plan tiny.arch -m TinyGenerator --for training",
        "plan tiny.arch -m TinyGenerator --for inference",
        "plan run.yaml",
        "plan tiny.arch -m TinyTokenizer --ranks 4 --hosts 2 --out schedule.svg",
        "plan run.yaml --ranks 2",
        "diff tiny.arch#TinyTokenizer tiny.arch#TinyTokenizer -q dim=12",
        "show tiny.arch -m TinyTokenizer --dump=" + dumps,
        "show tiny.arch -m TinyGenerator --dump=" + dumps,
        "show tiny.arch -m TinyGenerator --kernels jvm",
        "show tiny.arch -m TinyGenerator " + TORNADO);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void endsWellAndHasNothingToComplainOf(String command) throws Exception {
    Files.copy(
        Path.of(TinyRuns.arch()), dir.resolve("tiny.arch"), StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(
        dir.resolve("run.yaml"),
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: drawn, count: 10}
            batch: 2
            steps: 2
            checkpoint: {dir: out}
            """,
            TinyRuns.arch()));
    // Not by way of the child's own output, from which warnings of Java are taken.
    String kept = "cd $D && $L " + command + " >said 2>complaints";
    Map<String, String> environment = new HashMap<>();
    environment.put("TORNADOVM_HOME", null);
    try (ChildProcess child = new InstalledLauncher(dir).bash(environment, kept)) {
      int code = child.await();
      String complaints = Files.readString(dir.resolve("complaints"));
      if (command.endsWith(TORNADO)) {
        String note =
            "TORNADOVM_HOME names no TornadoVM, which makes OpenCL C or PTX of this bytecode:";
        assertEquals(note + "\n", complaints);
      } else {
        assertEquals("", complaints);
      }
      assertEquals(0, code);
      assertFalse(!command.startsWith("fmt") && Files.size(dir.resolve("said")) == 0);
    }
  }
}
