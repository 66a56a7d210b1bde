package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** How the launcher finds a JDK and archives classes, shown with a JDK of shell scripts. */
@EnabledOnOs(OS.LINUX)
@Tag("backend")
final class LauncherStateTest {
  /** The name of the archives of classes, without their endings. */
  private static final String ARCHIVE = "lgc";

  /** Does as a JVM that archives classes would: it makes the files it is asked for. */
  private static final String ARCHIVES =
      """
      for word in "$@"; do
        case $word in -XX:AOTCacheOutput=* | -XX:ArchiveClassesAtExit=*) : >"${word#*=}" ;; esac
      done
      case $* in *cli.ArchivableLibrary*) : >"${@: -1}" ;; esac
      """;

  @TempDir private Path dir;
  private Path jdk;

  @BeforeEach
  void makeJdk() throws IOException {
    jdk = dir.toRealPath().resolve("jdk");
    script(jdk.resolve("bin/javac"), "");
    script(jdk.resolve("bin/java"), ARCHIVES);
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/usr/bin/env bash\n" + text);
    assertTrue(file.toFile().setExecutable(true));
  }

  private ChildProcess bash(Path lgc, String command) throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("LGC_JAVA_HOME", jdk.toString());
    environment.put("LGC_JAVA_OPTS", null);
    environment.put("XDG_CACHE_HOME", dir.resolve("cache").toString());
    environment.put("L", lgc.toString());
    environment.put("D", dir.toString());
    return ChildProcess.command(dir, environment, List.of("bash", "-c", command));
  }

  /** An unpacked release, which archives classes in the user's cache. */
  private Path release() throws IOException {
    Path home = Files.createDirectories(dir.resolve("release"));
    Files.createDirectories(home.resolve("lib"));
    Files.createFile(home.resolve("lib/lgc-runtime-1.jar"));
    return InstalledLauncher.copyInto(home);
  }

  private List<String> archived() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("cache/lgc/release-1"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theJavaOnThePathIsAFileReachedByLinksWithOrWithoutReadlinkF() throws Exception {
    Path lgc = release();
    Files.createDirectories(dir.resolve("folder/java"));
    Files.createDirectories(dir.resolve("bin"));
    Files.createSymbolicLink(dir.resolve("linked"), jdk.resolve("bin"));
    Files.createSymbolicLink(dir.resolve("bin/java"), Path.of("../linked/java"));
    String find =
        "unset LGC_JAVA_HOME JAVA_HOME; PATH=$D/folder:$D/bin:$PATH; PATH=$D/old:$PATH; $L --jdk";
    for (boolean old : List.of(false, true)) {
      if (old) {
        String refuses = "[ \"$1\" != -f ] && exec /usr/bin/readlink \"$@\"\n";
        script(dir.resolve("old/readlink"), refuses);
      }
      try (ChildProcess child = bash(lgc, find)) {
        assertEquals(0, child.await(), child.said());
        assertEquals(jdk + "\n", child.out());
      }
    }
  }

  @Test
  void aReleaseRehearsesOnceAndAgainOnlyAfterARehearsalThatFailed() throws Exception {
    Path lgc = release();
    script(jdk.resolve("bin/java"), "case $* in *' reckoning '*) exit 1 ;; esac\n" + ARCHIVES);
    String log = dir.resolve("cache/lgc/release-1/rehearsal-aot.log").toString();
    try (ChildProcess child = bash(lgc, "$L --version")) {
      assertEquals(0, child.await(), child.said());
      assertEquals(2, child.err().lines().count(), child.err());
      assertTrue(child.err().endsWith("its messages are in " + log + "\n"), child.err());
    }
    assertEquals(
        List.of(
            "copying.log",
            ARCHIVE + ".jar",
            ARCHIVE + ".jsa",
            ARCHIVE + ".jsa.sum",
            "rehearsal-aot.log",
            "rehearsal-jsa.log"),
        archived());
    script(jdk.resolve("bin/java"), ARCHIVES);
    for (String said : List.of("lgc: preparing fast starts (once) …\n", "")) {
      try (ChildProcess child = bash(lgc, "$L --version")) {
        assertEquals(0, child.await(), child.said());
        assertEquals(said, child.err());
      }
    }
    assertTrue(archived().containsAll(List.of("known", ARCHIVE + ".aot", ARCHIVE + ".jsa")));
  }

  @Test
  void aCopyOfTheLibraryComesFirstInTheClassPathUnlessItCannotBeMade() throws Exception {
    Path lgc = release();
    String says = "case $* in *cli.Start*) echo \"$*\" ;; esac\n" + ARCHIVES;
    String fails = "case $* in *cli.ArchivableLibrary*) exit 1 ;; esac\n";
    String lib = dir.toRealPath().resolve("release/lib/lgc-runtime-1.jar") + " ";
    script(jdk.resolve("bin/java"), fails + says);
    try (ChildProcess child = bash(lgc, "$L --version")) {
      assertEquals(0, child.await(), child.said());
      assertTrue(child.out().contains(" -cp " + lib), child.said());
      String log = dir.resolve("cache/lgc/release-1/copying.log").toString();
      assertTrue(
          child.err().endsWith("could not be copied; its messages are in " + log + "\n"),
          child.err());
    }
    script(jdk.resolve("bin/java"), says);
    String copied = dir.resolve("cache/lgc/release-1/lgc.jar") + ":" + lib;
    for (String said : List.of("lgc: preparing fast starts (once) …\n", "")) {
      try (ChildProcess child = bash(lgc, "$L --version")) {
        assertEquals(0, child.await(), child.said());
        assertTrue(child.out().contains(" -cp " + copied), child.said());
        assertEquals(said, child.err());
      }
    }
  }

  @Test
  void theJvmChecksAnArchiveOnlyIfItsChecksumDiffersOrCannotBeTold() throws Exception {
    Path lgc = release();
    String says = "case $* in *cli.Start*) echo \"$*\" ;; esac\n" + ARCHIVES;
    script(jdk.resolve("bin/java"), says);
    Path cache = dir.resolve("cache/lgc/release-1");
    for (String command : List.of("--version", "devices")) {
      String kind = command.equals("devices") ? ".jsa" : ".aot";
      assertEquals(1, checks(lgc, "$L " + command, 0).split(ARCHIVE + kind + " ", -1).length - 1);
      Path archive = cache.resolve(ARCHIVE + kind);
      Files.writeString(archive, "damage");
      checks(lgc, "$L " + command, 1);
      Files.writeString(archive, "");
      checks(lgc, "$L " + command, 0);
      Files.delete(cache.resolve(ARCHIVE + kind + ".sum"));
      checks(lgc, "$L " + command, 1);
    }
  }

  /** The flags of a start, in which the JVM is asked to check its archive so many times. */
  private String checks(Path lgc, String command, int times) throws Exception {
    try (ChildProcess child = bash(lgc, command)) {
      assertEquals(0, child.await(), child.said());
      assertEquals(
          times, child.out().split("-XX:.VerifySharedSpaces ", -1).length - 1, child.said());
      return child.out();
    }
  }

  @Test
  void aSignalEndsTheCopyingToo() throws Exception {
    Path lgc = release();
    String copies =
        """
        case $* in *ArchivableLibrary*)
          to=${@: -1}
          : >"${to%/*}/.${to##*/}-$$"
          echo $$ >"$D/pid"
          kill -TERM $PPID
          exec sleep 50 ;;
        esac
        """;
    script(jdk.resolve("bin/java"), copies);
    String alive = "$L --version; echo $?; kill -0 $(<$D/pid) && echo alive";
    try (ChildProcess child = bash(lgc, alive)) {
      child.await();
      assertEquals("143\n", child.out(), child.said());
    }
    assertEquals(List.of("copying.log"), archived());
  }

  @Test
  void aSignalEndsTheRehearsalsToo() throws Exception {
    Path lgc = release();
    String rehearses =
        """
        case $* in *ArchivableLibrary*) exit ;; esac
        echo $$ >>"$D/pids"
        case $* in *' computing '*)
          while [ "$(wc -l <"$D/pids")" -lt 2 ]; do sleep 0.1; done
          kill -TERM $PPID ;;
        esac
        exec sleep 50
        """;
    script(jdk.resolve("bin/java"), rehearses);
    String alive = "$L --version; echo $?; for p in $(<$D/pids); do kill -0 $p && echo $p; done";
    try (ChildProcess child = bash(lgc, alive)) {
      child.await();
      assertEquals("143\n", child.out(), child.said());
    }
    assertEquals(2, Files.readAllLines(dir.resolve("pids")).size());
    assertEquals(List.of("copying.log", "rehearsal-aot.log", "rehearsal-jsa.log"), archived());
  }

  @Test
  void aBuildKeepsItsOwnArchivesAloneWhateverItsFolderIsCalled() throws Exception {
    Path home = dir.resolve("a [clone]*?");
    script(dir.resolve("tools/mvn"), "");
    Files.createDirectories(home.resolve("examples/target/fast"));
    Files.createFile(home.resolve("pom.xml"));
    Path lib = Files.createFile(dir.resolve("lib.jar"));
    Files.writeString(home.resolve("examples/target/fast/classpath"), lib.toString());
    Path lgc = InstalledLauncher.copyInto(home);
    Path old = Files.createDirectories(home.resolve(".lgc/app-old"));
    Files.createFile(old.resolve(ARCHIVE + ".aot"));
    try (ChildProcess child = bash(lgc, "PATH=$D/tools:$PATH; \"$L\" --version")) {
      assertEquals(0, child.await(), child.said());
    }
    assertFalse(Files.exists(old.resolve(ARCHIVE + ".aot")));
    try (Stream<Path> files = Files.walk(home.resolve(".lgc"))) {
      List<String> names = files.map(file -> file.getFileName().toString()).toList();
      assertTrue(names.containsAll(List.of(ARCHIVE + ".aot", ARCHIVE + ".jsa")), names.toString());
    }
  }
}
