package dev.lgc.runtime.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
class AtomicFilesTest {
  @TempDir Path dir;

  @Test
  void replacesTheWholeContentAndLeavesNothingElse() throws IOException {
    Path file = dir.resolve("new/sub/a.txt");
    AtomicFiles.writeString(file, "long content");
    AtomicFiles.writeString(file, "short");
    assertEquals("short", Files.readString(file));
    assertEquals(List.of(file), list(file.getParent()));
  }

  @Test
  void keepsTheOldContentWhenWritingFails() throws IOException {
    Path file = dir.resolve("a.txt");
    AtomicFiles.writeString(file, "old");
    assertThrows(
        IOException.class,
        () ->
            AtomicFiles.write(
                file,
                out -> {
                  AtomicFiles.writeFully(out, ByteBuffer.wrap(new byte[100]));
                  throw new IOException("disk full");
                }));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), list(dir));
  }

  @Test
  void removesWhatADeadWriterLeftAndOnlyThat() throws IOException {
    String host =
        InetAddress.getLocalHost()
            .getHostName()
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^0-9a-z]", "");
    host = host.substring(0, Math.min(30, host.length()));
    long living = ProcessHandle.current().parent().orElseThrow().pid();
    long start =
        ProcessHandle.of(living).orElseThrow().info().startInstant().orElseThrow().getEpochSecond();
    Path dead = Files.createFile(dir.resolve(".a." + host + "-999999999-1-1.tmp"));
    Path reused = Files.createFile(dir.resolve(".a." + host + "-" + living + "-1-1.tmp"));
    Path alive =
        Files.createFile(dir.resolve(".a." + host + "-" + living + "-" + start + "-1.tmp"));
    Path elsewhere = Files.createFile(dir.resolve(".a.otherhost-999999999-1-1.tmp"));
    Path other = Files.createFile(dir.resolve(".b." + host + "-999999999-1-1.tmp"));
    Path hidden = Files.createFile(dir.resolve(".a.tmp"));
    try (AtomicFiles.Pending mine = AtomicFiles.begin(dir.resolve("a"))) {
      AtomicFiles.writeString(dir.resolve("a"), "x");
      mine.commit();
    }
    assertEquals(
        Stream.of(alive, elsewhere, other, hidden, dir.resolve("a")).sorted().toList(), list(dir));
    assertTrue(Files.notExists(dead) && Files.notExists(reused));
  }

  @Test
  void replacesTheFileThatALinkPointsTo() throws IOException {
    Path real = Files.writeString(dir.resolve("real"), "old");
    Path link = Files.createSymbolicLink(dir.resolve("link"), real);
    AtomicFiles.writeString(link, "new");
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(real));
  }

  @Test
  void writesTheFileThatALinkPointsToBeforeItIsThere() throws IOException {
    Path link = Files.createSymbolicLink(dir.resolve("link"), Path.of("other"));
    Path second = Files.createSymbolicLink(dir.resolve("second"), Path.of("link"));
    AtomicFiles.writeString(second, "new");
    assertTrue(Files.isSymbolicLink(link) && Files.isSymbolicLink(second));
    assertEquals("new", Files.readString(dir.resolve("other")));
    Path round = Files.createSymbolicLink(dir.resolve("round"), Path.of("round"));
    assertThrows(FileSystemLoopException.class, () -> AtomicFiles.writeString(round, "new"));
  }

  @Test
  void keepsTheModeOfWhatItReplaces() throws IOException {
    Path file = Files.writeString(dir.resolve("a.sh"), "old");
    for (String mode : List.of("rwxr-x--x", "rw-------", "rw-rw-rw-")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
      AtomicFiles.writeString(file, mode);
      assertEquals(mode, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
      assertEquals(mode, Files.readString(file));
    }
  }

  @Test
  void keepsTheOwnerWhereItMay() throws IOException {
    Path file = Files.writeString(dir.resolve("a.txt"), "old");
    boolean isRoot = "root".equals(Files.getOwner(file).getName());
    assumeTrue(isRoot, "only root may give files away");
    UserPrincipal nobody =
        dir.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
    Files.setOwner(file, nobody);
    AtomicFiles.writeString(file, "new");
    assertEquals(nobody, Files.getOwner(file));
    assertEquals("new", Files.readString(file));
  }

  @Test
  void aDeviceIsWrittenToAndStaysOne() throws IOException {
    Path device = Path.of("/dev/null");
    assumeTrue(Files.exists(device));
    AtomicFiles.writeString(device, "nothing is kept");
    assertFalse(Files.isRegularFile(device));
  }

  @Test
  void aFullDiskIsNamedWithWhatIsSafe() {
    Path full = Path.of("/dev/full"); // every write to it finds no space
    assumeTrue(Files.exists(full));
    UnwritableException e =
        assertThrows(UnwritableException.class, () -> AtomicFiles.writeString(full, "x"));
    assertTrue(e.what().startsWith("/dev/full: cannot be written: No space left"), e.what());
    assertEquals("nothing was replaced: free some space and start again", e.safe());
  }

  @Test
  void aFileThatMayNotBeAsLargeIsToldFromAFullDisk() {
    UnwritableException e =
        new UnwritableException(dir.resolve("x"), "", new IOException("File too large"));
    assertTrue(e.what().contains("`ulimit -f`"), e.what());
    assertFalse(e.what().contains("free"), e.what());
    assertTrue(e.remedy().contains("raise that limit"), e.remedy());
  }

  @Test
  void aPlaceIsTriedWithoutWritingThere() throws IOException {
    Path file = Files.writeString(dir.resolve("there"), "old");
    AtomicFiles.requireReplaceable(file);
    AtomicFiles.requireReplaceable(dir.resolve("new"));
    assertEquals(List.of(file), list(dir));
    assertEquals("old", Files.readString(file));
    Path round = Files.createSymbolicLink(dir.resolve("round"), Path.of("round"));
    IOException loop = assertThrows(IOException.class, () -> AtomicFiles.requireReplaceable(round));
    assertEquals(round + ": links form a cycle", IoReason.of(loop));
    Path folder = Files.createDirectory(dir.resolve("folder"));
    assertThrows(IOException.class, () -> AtomicFiles.requireReplaceable(folder));
  }

  @Test
  void saysInOneLineWhatWasWrong() {
    BadInputException e =
        new BadInputException("a\nb\u2028c \u001b[31m", "x".repeat(1000), "try\tthis");
    assertTrue(e.getMessage().startsWith("a?b?c ?[31m; expected xxx"), e.getMessage());
    assertTrue(e.getMessage().endsWith("... (try?this)"));
  }

  private static List<Path> list(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.sorted().toList();
    }
  }
}
