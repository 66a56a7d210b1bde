package dev.lgc.runtime.model;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run has its folder for itself, and can write there what it must. */
@Tag("pure")
final class RunFolderTest {
  @TempDir private Path dir;

  private FolderLock lock() {
    return new RunFolder(dir.resolve("run")).lock(w -> {});
  }

  private String refused() {
    return assertThrows(BadInputException.class, this::lock).getMessage();
  }

  @Test
  void theFolderIsNotTouchedBeforeItIsLocked() throws IOException {
    Path latest = new RunFolder(dir.resolve("run")).latest();
    try (FolderLock held = lock()) {
      Files.createDirectory(latest);
      assertTrue(refused().contains("a run is being written here by process"), held.toString());
    }
  }

  @Test
  void aFolderThatCannotBeWrittenToIsNotKeptLocked() throws IOException {
    Path latest = Files.createDirectories(dir.resolve("run/latest"));
    assertTrue(refused().contains("latest is a directory"), refused());
    Files.delete(latest);
    lock().close();
  }
}
