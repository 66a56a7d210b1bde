package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.dist.Ranks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Mistakes in how ranks are started: one message, an exit code, and no process that waits. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@Tag("backend")
final class RankMistakesTest {
  @TempDir private Path dir;
  private RankRuns runs;

  @BeforeEach
  void requireMpi() throws InterruptedException {
    runs = new RankRuns(dir);
    RankRuns.requireMpi();
  }

  /** Starts two programs by one mpirun, as ranks 0 and 1. */
  private ChildProcess mpirun(List<String> first, List<String> second) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("mpirun", "--quiet", "--allow-run-as-root", "--oversubscribe"));
    command.addAll(List.of("--bind-to", "none", "-n", "1", "env"));
    command.addAll(first);
    command.addAll(List.of(":", "-n", "1", "env"));
    command.addAll(second);
    return ChildProcess.command(dir, Map.of(), command);
  }

  private static List<String> train(Path run, String... flags) {
    return ChildProcess.program(Main.class, List.of(flags), "train", run.toString());
  }

  private static void requireOneError(ChildProcess child, int code, String text) throws Exception {
    assertEquals(code, child.await(), child.said());
    assertEquals(1, child.err().lines().filter(l -> l.startsWith("error")).count(), child.said());
    assertTrue(child.err().contains(text), child.said());
    assertFalse(child.err().contains("\tat "), child.said());
  }

  @Test
  void ranksThatSeeOtherDataRefuseToStart() throws Exception {
    Path here = runs.file("here", 20, "");
    String text = Files.readString(here).replace("count: 40", "count: 48");
    Path there = Files.writeString(dir.resolve("there.yaml"), text);
    try (ChildProcess child = mpirun(train(here), train(there))) {
      requireOneError(child, 1, "ranks 0 and 1 differ in the setting `data`");
    }
  }

  @Test
  void aLibraryThatIsNoneOfMpiIsNamedOnce() throws Exception {
    String run = runs.file("library", 20, "").toString();
    List<String> flags = List.of("-Dlgc.mpi=libm.so.6");
    try (ChildProcess child =
        ChildProcess.of(dir, flags, Main.class, "train", run, "--ranks", "2")) {
      requireOneError(child, 1, "this is no MPI library, or an old one");
    }
  }

  @Test
  void aRankThatNeverComesEndsTheOthers() throws Exception {
    Path run = runs.file("waiting", 20, "");
    List<String> sleeps = List.of("sleep", "100");
    try (ChildProcess child = mpirun(train(run, "-Dlgc.meet.seconds=3"), sleeps)) {
      requireOneError(child, Ranks.LOST, "the ranks did not come together within 3 s");
    }
  }
}
