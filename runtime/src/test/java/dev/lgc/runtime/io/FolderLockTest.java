package dev.lgc.runtime.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
final class FolderLockTest {
  @TempDir private Path dir;

  private static FolderLock acquire(Path folder) throws IOException {
    return FolderLock.acquire(folder, "a run", "let it end", w -> {});
  }

  private static BadInputException refused(Path folder) {
    return assertThrows(BadInputException.class, () -> acquire(folder).close());
  }

  /** Holds the lock of a folder until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws IOException {
      List<FolderLock> held = new ArrayList<>();
      held.add(acquire(Path.of(args[0])));
      System.out.println("held");
      System.out.flush();
      while (System.in.read() >= 0) {
        continue;
      }
      held.clear();
    }
  }

  @Test
  void oneAtATimeHasAFolderAndItCanBeReadMeanwhile() throws IOException {
    Path folder = dir.resolve("new/run");
    try (FolderLock lock = acquire(folder)) {
      Files.writeString(folder.resolve("file"), "content");
      BadInputException e = refused(folder);
      String me = "process " + ProcessHandle.current().pid() + " on ";
      assertTrue(e.what().contains(folder + ": a run is being written here by " + me), e.what());
      assertTrue(e.what().matches(".*, since \\d{4}-\\d\\d-\\d\\dT.*"), e.what());
      assertEquals("let it end", e.hint());
      assertEquals("content", Files.readString(folder.resolve("file")));
      refused(Files.createSymbolicLink(dir.resolve("link"), folder)); // and still
    }
    acquire(folder).close();
  }

  /** However a process ends, its locks end with it; nothing has to be removed. */
  @Test
  void aKilledProcessLeavesNoLock() throws Exception {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                dir.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = new BufferedReader(holder.inputReader(StandardCharsets.UTF_8))) {
      assertEquals("held", out.readLine());
      BadInputException e = refused(dir);
      assertTrue(e.what().contains("by process " + holder.pid() + " on "), e.what());
      refused(dir); // asking does not take it away
      holder.destroyForcibly().waitFor();
      acquire(dir).close();
    } finally {
      holder.destroyForcibly();
    }
  }
}
