package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The launcher, {@code lgc}, as users start it: in environments that are bare, full or broken. */
@EnabledOnOs(OS.LINUX)
@Tag("backend")
final class LauncherTest {
  @TempDir private Path dir;
  private InstalledLauncher launcher;

  @BeforeEach
  void install() throws IOException {
    launcher = new InstalledLauncher(dir);
  }

  private ChildProcess bash(Map<String, String> environment, String command) throws IOException {
    return launcher.bash(environment, command);
  }

  /** What {@code command} said on standard output; it must have ended with {@code code}. */
  private String run(int code, Map<String, String> environment, String command) throws Exception {
    try (ChildProcess child = bash(environment, command)) {
      assertEquals(code, child.await(), child.said());
      assertFalse(child.err().contains("\tat "), child.said());
      return child.out();
    }
  }

  private String fails(Map<String, String> environment, String command) throws Exception {
    try (ChildProcess child = bash(environment, command)) {
      assertEquals(1, child.await(), child.said());
      assertFalse(child.err().contains("\tat "), child.said());
      return child.err();
    }
  }

  /** Only with {@code -Dlgc.matrix=true}: the rest of the matrix takes a minute. */
  private static void assumeMatrix() {
    assumeTrue(Boolean.getBoolean("lgc.matrix"), "-Dlgc.matrix=true runs this");
  }

  private static Map<String, String> locale(String name) {
    Map<String, String> m = new HashMap<>();
    m.put("LC_ALL", name);
    m.put("LANG", null);
    m.put("LC_CTYPE", null);
    return m;
  }

  private void picture(String file) throws IOException {
    Path path = dir.resolve(file);
    Files.createDirectories(path.getParent());
    Picture p = new Picture();
    new SyntheticPictures(10, 8, 1).read(Math.floorMod(file.hashCode(), 10), p);
    PngGrid.write(p, path);
  }

  private Path tokenizer(String file, String data, String more) throws IOException {
    return Files.writeString(
        dir.resolve(file),
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {%s}
            batch: 2
            steps: 2
            %s
            """,
            TinyRuns.arch(), data, more));
  }

  private static Stream<String> bareLocales() {
    return Boolean.getBoolean("lgc.matrix")
        ? Stream.of("C", "POSIX", "xx_YY.UTF-8", "xx_YY.ISO-8859-1")
        : Stream.of("C");
  }

  @ParameterizedTest
  @MethodSource("bareLocales")
  void pathsAndClassesOfAnyScriptWorkInABareLocale(String locale) throws Exception {
    List<String> classes = List.of("中国", "日本", "한국", "😀");
    for (String name : classes) {
      picture("写真/" + name + "/0.png");
    }
    tokenizer("実行.yaml", "kind: folder, path: 写真", "checkpoint: {dir: 出力}");
    String said =
        run(
            0,
            locale(locale),
            "cd $D && $L train 実行.yaml && $L tokenize 実行.yaml -o é.codes --json");
    assertTrue(said.contains("é.codes"), said);
    assertTrue(Files.exists(dir.resolve("出力/step-00000002.safetensors")));
    try (CodeCache codes = CodeCache.open(dir.resolve("é.codes"))) {
      assertEquals(classes, codes.info().classes());
    }
  }

  /** Where a locale has another encoding, names on the disk are in it. */
  @Test
  void aLocaleThatHasNotAllCharactersSaysWhatToSet() throws Exception {
    Map<String, String> german = locale("de_DE.ISO-8859-1");
    String encoding = run(0, german, "locale charmap 2>/dev/null").strip();
    assumeTrue(encoding.equals("ISO-8859-1"), "the locale is not installed here");
    tokenizer("run.yaml", "kind: drawn, count: 10", "checkpoint: {dir: 出力}");
    String said = fails(german, "cd $D && $L train run.yaml");
    assertTrue(said.contains("names are in ISO-8859-1 in this locale: set LC_ALL=C.UTF-8"), said);
    tokenizer("run.yaml", "kind: drawn, count: 10", "checkpoint: {dir: für}");
    run(0, german, "cd $D && $L train run.yaml >trained && test -f $'f\\xfcr'/latest");
  }

  @Test
  void aNameThatIsNoTextIsRefusedInOneLine() throws Exception {
    picture("photos/a/0.png");
    picture("photos/b/0.png");
    tokenizer("run.yaml", "kind: folder, path: photos", "checkpoint: {dir: out}");
    run(0, Map.of(), "cd $D && mv photos/b photos/$'b\\xff'");
    String said = fails(Map.of(), "cd $D && $L train run.yaml");
    assertTrue(said.contains("has bytes that are not UTF-8"), said);
    said = fails(Map.of(), "$L check $'b\\xff.arch'");
    assertTrue(said.contains("the argument `b\uFFFD.arch` has bytes"), said);
  }

  @Test
  void withoutAHomeOrStandardStreamsItWorksOrSaysWhyNot() throws Exception {
    Map<String, String> homeless = new HashMap<>();
    homeless.put("HOME", null);
    String version = run(0, homeless, "$L --version");
    assertTrue(version.startsWith("lgc "), version);
    assertEquals(version, run(0, Map.of(), "$L --version <&-"));
    assertEquals(version, run(0, Map.of(), "$L --version 2>&-"));
    String closed = fails(Map.of(), "$L --version >&-");
    assertTrue(closed.contains("standard output cannot be written"), closed);
    assumeTrue(Files.exists(Path.of("/dev/full")), "no /dev/full here");
    String full = fails(Map.of(), "$L --version >/dev/full");
    assertTrue(full.contains("standard output cannot be written: No space left"), full);
  }

  @Test
  void whatIsPrintedGoesIntoNoFileThatIsWritten() throws Exception {
    Path svg = dir.resolve("grid.svg");
    String draw = "cd $D && $L show " + TinyRuns.arch() + " -m TinyTokenizer --svg grid.svg ";
    run(0, Map.of(), draw);
    byte[] whole = Files.readAllBytes(svg);
    List<String> closed =
        List.of("<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-");
    for (String streams : closed) {
      Files.deleteIfExists(svg);
      try (ChildProcess child = bash(Map.of(), draw + streams)) {
        assertEquals(streams.contains(" >&-") || streams.startsWith(">&-") ? 1 : 0, child.await());
      }
      if (Files.exists(svg)) { // or refused before it is begun
        assertArrayEquals(whole, Files.readAllBytes(svg), streams);
      }
    }
  }

  @Test
  void aClassPathThatHasMovedIsBuiltAgain() throws Exception {
    launcher.classPath(InstalledLauncher.libraries() + ":/nowhere/moved.jar");
    Path bin = Files.createDirectories(dir.resolve("bin"));
    for (String tool :
        List.of("bash", "dirname", "find", "mkdir", "touch", "date", "cat", "locale")) {
      Files.createSymbolicLink(bin.resolve(tool), Path.of("/usr/bin", tool));
    }
    String said = fails(Map.of("PATH", bin.toString()), "$L --version");
    assertTrue(said.contains("Maven 3.8 or later is needed to build lgc"), said);
  }

  /** As a script that looks at it then expects. */
  @Test
  void whatIsSaidIsThereWhenLgcHasEnded() throws Exception {
    // What goes through the launcher's filter comes late.
    Path cat = Files.createDirectories(dir.resolve("slow")).resolve("cat");
    Files.writeString(cat, "#!/bin/sh\nsleep 1\nexec /bin/cat\n");
    assertTrue(cat.toFile().setExecutable(true));
    String two =
        "{ PATH=$D/slow:$PATH $L check none.arch; echo then >&2; } 2> $D/said; /bin/cat $D/said";
    String said = run(0, Map.of(), two);
    assertTrue(said.startsWith("error[file-not-found]"), said);
    assertTrue(said.endsWith("1 mistake\nthen\n"), said);
  }

  @Test
  void withoutALibraryOrOpenFilesItSaysSoInOneLine() throws Exception {
    String some =
        Stream.of(InstalledLauncher.libraries().split(":"))
            .filter(entry -> !entry.contains("jackson"))
            .collect(Collectors.joining(":"));
    launcher.classPath(some);
    String said = fails(Map.of(), "$L plan " + TinyRuns.arch() + " -m TinyTokenizer --json");
    assertTrue(said.contains("error: a part of lgc cannot be loaded"), said);
    assertEquals(2, said.lines().count(), said);
  }

  @Test
  void helpAndProgressFitATerminalOfTwentyColumns() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "no script(1) here");
    tokenizer("run.yaml", "kind: drawn, count: 10", "checkpoint: {dir: out}\nlog: {every: 1}");
    String help = terminal("$L train --help");
    assertTrue(help.contains("--template"), help);
    help.lines().forEach(line -> assertTrue(line.length() <= 20, line));
    String trained = terminal("$L train $D/run.yaml");
    assertTrue(trained.contains("2/2 step\r\ntrained 2 steps: "), "in this order: " + trained);
    List<String> drawn =
        Stream.of(trained.split("[\r\n]+")).filter(line -> line.contains("%")).toList();
    assertTrue(drawn.getLast().contains("100%"), drawn.toString());
    drawn.forEach(line -> assertTrue(line.length() <= 20, line));
  }

  private String terminal(String command) throws Exception {
    return run(
            0, Map.of("I", "stty cols 20; " + command), "script -qec \"$I\" /dev/null </dev/null")
        .replaceAll("\u001b\\[[0-9;]*m", "");
  }

  /** Of what may be less than the machine has, as Java finds it by itself for other commands. */
  @Test
  void theHeapOfSamplingIsAQuarterOfWhatItsContainerMayTake() throws Exception {
    String flags =
        "LGC_JAVA_OPTS=-XX:+PrintFlagsFinal $L sample --help | grep ' MaxHeapSize ' | tr -dc 0-9";
    long memory =
        Long.parseLong(run(0, Map.of(), "awk '/^MemTotal/ { print $2 }' /proc/meminfo").strip());
    assumeTrue(memory > 2 << 20, "more than 2 GB of memory");
    assertEquals("" + (512 << 20), run(0, Map.of(), flags), "where there is much memory");
    Path group = MemoryLimitTest.group(600L << 20);
    try {
      String inside = "echo $$ > " + group.resolve("cgroup.procs") + " && " + flags;
      assertEquals("" + (150 << 20), run(0, Map.of(), inside));
      Path inner = Files.createDirectories(group.resolve("inner"));
      try {
        inside = "echo $$ > " + inner.resolve("cgroup.procs") + " && " + flags;
        assertEquals("" + (150 << 20), run(0, Map.of(), inside), "limits hold for what is inside");
      } finally {
        Files.delete(inner);
      }
    } finally {
      Files.delete(group);
    }
  }

  @Test
  void withoutAFolderForTemporaryFilesARunGoesOn() throws Exception {
    tokenizer(
        "run.yaml",
        "kind: drawn, count: 20, held_out: 5",
        "checkpoint: {dir: out, every: 1}\nlog: {every: 1}\nsamples: {every: 1, count: 2}");
    String said =
        run(
            0,
            Map.of(),
            "cd $D && LGC_JAVA_OPTS=\"$LGC_JAVA_OPTS -Djava.io.tmpdir=/nowhere -XX:MaxRAM=512m\""
                + " $L train run.yaml");
    assertTrue(said.contains("trained 2 steps"), said);
    assertTrue(Files.exists(dir.resolve("out/samples/step-00000002.png")));
    assertTrue(Files.exists(dir.resolve("out/loss.png")));
  }

  /** Runs a command with a small file system of its own at {@code $D/disk}. */
  private ChildProcess onDisk(String options, String command) throws Exception {
    Files.createDirectories(dir.resolve("disk"));
    String mount = "mount -t tmpfs -o " + options + " none $D/disk";
    try (ChildProcess able = bash(Map.of("M", mount), "unshare -rm bash -c \"$M\"")) {
      assumeTrue(able.await() == 0, "this machine mounts no file system for a test");
    }
    return bash(Map.of("M", mount + " && " + command), "unshare -rm bash -c \"$M\"");
  }

  @Test
  void aFullDiskEndsARunInOneLineAndLeavesWhatWasSaved() throws Exception {
    tokenizer(
        "run.yaml",
        "kind: drawn, count: 20",
        "checkpoint: {dir: disk/out, every: 1}\nlog: {every: 1}");
    String command = "cd $D && { $L train run.yaml; code=$?; ls disk/out; exit $code; }";
    try (ChildProcess child = onDisk("size=60k", command)) {
      assertEquals(1, child.await(), child.said());
      assertTrue(child.err().contains("o space left"), child.said());
      assertFalse(child.err().contains("\tat "), child.said());
      assertFalse(child.out().contains(".tmp"), child.said());
    }
  }

  @Test
  void aDiskThatCannotBeWrittenIsSaidInOneLine() throws Exception {
    assumeMatrix();
    tokenizer("run.yaml", "kind: drawn, count: 20", "checkpoint: {dir: disk/out}");
    try (ChildProcess child = onDisk("ro", "cd $D && $L train run.yaml")) {
      assertEquals(1, child.await(), child.said());
      assertTrue(child.err().contains("ead-only file system"), child.said());
      assertFalse(child.err().contains("\tat "), child.said());
    }
  }

  @Test
  void fewOpenFilesAreSaidInOneLine() throws Exception {
    assumeMatrix();
    for (int most = 8; most < 64; most += 4) {
      try (ChildProcess child =
          bash(
              Map.of(),
              "ulimit -n " + most + " && $L plan " + TinyRuns.arch() + " -m TinyTokenizer")) {
        int code = child.await();
        assertTrue(code == 0 || code == 1, most + ": " + code + child.said());
        assertFalse(child.err().contains("\tat "), child.said());
      }
    }
  }
}
