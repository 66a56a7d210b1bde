package dev.lgc.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.memory.MemoryBound.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bounds as Linux tells of them, in trees of files like those of {@code /proc} and {@code /sys}.
 */
@Tag("pure")
class MemoryBoundsTest {
  private static final long MB = 1_000_000;

  @TempDir private Path root;

  @BeforeEach
  void aMachineOf16Gigabytes() throws IOException {
    put(
        "proc/meminfo",
        """
        MemTotal:       16000000 kB
        MemFree:         2000000 kB
        MemAvailable:    9000000 kB
        SwapTotal:       1000000 kB
        SwapFree:         500000 kB
        CommitLimit:     9000000 kB
        Committed_AS:    4000000 kB
        """);
    put(
        "proc/self/status",
        """
        Name:\tjava
        VmPeak:\t 5100000 kB
        VmSize:\t 5000000 kB
        VmRSS:\t  150000 kB
        RssAnon:\t  110000 kB
        RssFile:\t   40000 kB
        VmData:\t 3000000 kB
        Threads:\t20
        """);
    put(
        "proc/self/limits",
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max data size             unlimited            unlimited            bytes
        Max address space         unlimited            unlimited            bytes
        """);
  }

  @Test
  void withoutOtherLimitsTheMachineIsTheBound() {
    MemoryBounds b = MemoryBounds.of(root);
    assertEquals(110_000 * 1024, b.resident());
    assertEquals(
        List.of(
            new MemoryBound(
                Kind.MACHINE, "", 16_000_000L * 1024, 7_000_000L * 1024, 500_000L * 1024)),
        b.all());
  }

  @Test
  void theShellsLimitsCountAddresses() throws IOException {
    put(
        "proc/self/limits",
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max data size             4000000000           unlimited            bytes
        Max address space         6000000000           8000000000           bytes
        """);
    assertEquals(
        new MemoryBound(Kind.ADDRESS_SPACE, "", 6_000_000_000L, 5_000_000L * 1024, 0),
        only(Kind.ADDRESS_SPACE));
    assertEquals(
        new MemoryBound(Kind.DATA, "", 4_000_000_000L, 3_000_000L * 1024, 0), only(Kind.DATA));
  }

  @Test
  void aSystemThatDoesNotOvercommitBoundsWhatItPromises() throws IOException {
    put("proc/sys/vm/overcommit_memory", "2\n");
    assertEquals(5_000_000L * 1024, only(Kind.COMMIT).available());
    put("proc/sys/vm/overcommit_memory", "0\n");
    assertEquals(
        0, MemoryBounds.of(root).all().stream().filter(b -> b.kind() == Kind.COMMIT).count());
  }

  @Test
  void groupsOfVersion2AreReadUpToTheRoot() throws IOException {
    put("proc/self/cgroup", "0::/user.slice/app.scope\n");
    mount("30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate");
    Path app = group("sys/fs/cgroup/user.slice/app.scope", "memory.max", "max");
    put(app.resolve("memory.current"), "90000000\n");
    Path user = group("sys/fs/cgroup/user.slice", "memory.max", "500000000");
    put(user.resolve("memory.current"), "130000000\n");
    put(
        user.resolve("memory.stat"),
        "anon 80000000\ninactive_file 20000000\nactive_file 10000000\n");
    put(user.resolve("memory.swap.max"), "40000000\n");
    put(user.resolve("memory.swap.current"), "15000000\n");
    assertEquals(
        new MemoryBound(Kind.GROUP, user.toString(), 500 * MB, 100 * MB, 25 * MB),
        only(Kind.GROUP));
  }

  @Test
  void ofNestedGroupsEachIsABoundAndTheTightestCounts() throws IOException {
    put("proc/self/cgroup", "0::/a/b/c\n");
    mount("30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
    put(group("sys/fs/cgroup/a", "memory.max", "800000000").resolve("memory.current"), "700000000");
    put(group("sys/fs/cgroup/a/b", "memory.max", "400000000").resolve("memory.current"), "1000");
    put(group("sys/fs/cgroup/a/b/c", "memory.max", "900000000").resolve("memory.current"), "1000");
    put("sys/fs/cgroup/a/memory.swap.max", "0");
    MemoryBounds b = MemoryBounds.of(root);
    assertEquals(3, b.all().stream().filter(x -> x.kind() == Kind.GROUP).count());
    assertTrue(b.tightest().orElseThrow().where().endsWith("sys/fs/cgroup/a"), b.toString());
  }

  @Test
  void groupsOfVersion1AreFoundByTheirController() throws IOException {
    put(
        "proc/self/cgroup",
        "9:name=systemd:/\n4:memory:/docker/a1\n3:cpu,cpuacct:/docker/a1\n0::/\n");
    mount(
        "33 32 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
            + "36 32 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            + "37 32 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw");
    Path own = group("sys/fs/cgroup/memory/docker/a1", "memory.limit_in_bytes", "524288000");
    put(own.resolve("memory.usage_in_bytes"), "50000000\n");
    put(own.resolve("memory.stat"), "inactive_file 1\ntotal_inactive_file 5000000\n");
    put(own.resolve("memory.memsw.limit_in_bytes"), "600000000\n");
    put(own.resolve("memory.memsw.usage_in_bytes"), "51000000\n");
    group("sys/fs/cgroup/memory/docker", "memory.limit_in_bytes", "9223372036854771712");
    assertEquals(
        new MemoryBound(
            Kind.GROUP, own.toString(), 524_288_000, 45 * MB, 600_000_000 - 524_288_000 - MB),
        only(Kind.GROUP));
  }

  @Test
  void groupsOfVersion1ThatDoNotCountInTheirParentsAreNotBoundByThem() throws IOException {
    put("proc/self/cgroup", "4:memory:/outer/inner\n");
    mount("36 32 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory");
    Path outer = group("sys/fs/cgroup/memory/outer", "memory.limit_in_bytes", "1000");
    group("sys/fs/cgroup/memory/outer/inner", "memory.limit_in_bytes", "900000000");
    put(outer.resolve("memory.use_hierarchy"), "0\n");
    assertEquals(900 * MB, only(Kind.GROUP).limit());
    put(outer.resolve("memory.use_hierarchy"), "1\n");
    assertEquals(1000, MemoryBounds.of(root).tightest().orElseThrow().limit());
  }

  @Test
  void aContainerSeesItsGroupAtTheMountWhateverItsPath() throws IOException {
    put("proc/self/cgroup", "4:memory:/docker/a1\n");
    mount("36 32 0:32 /docker/a1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory");
    group("sys/fs/cgroup/memory", "memory.limit_in_bytes", "300000000");
    assertEquals(300 * MB, only(Kind.GROUP).limit());
    mount("36 32 0:32 /../.. /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory");
    assertEquals(300 * MB, only(Kind.GROUP).limit());
  }

  @Test
  void whatIsMissingOrUnreadableBoundsNothing() throws IOException {
    put("proc/self/cgroup", "nonsense\n0::/x\n");
    mount("too short\n30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
    group("sys/fs/cgroup/x", "memory.max", "many");
    put("proc/meminfo", "MemTotal: lots\n");
    put("proc/self/limits", "Max address space\n");
    assertEquals(List.of(), MemoryBounds.of(root).all());
    assertEquals(List.of(), MemoryBounds.of(root.resolve("nowhere")).all());
  }

  @Test
  void aNeedIsComparedWithTheBoundThatLeavesLeast() {
    MemoryNeed need = new MemoryNeed(300 * MB, 10, 0, 0);
    long process = need.process();
    MemoryBound machine = new MemoryBound(Kind.MACHINE, "", 10_000 * MB, 1_000 * MB, 0);
    MemoryBound group = new MemoryBound(Kind.GROUP, "g", 400 * MB, 90 * MB, 0);
    MemoryFit fit = MemoryFit.of(need, new MemoryBounds(List.of(machine, group), 80 * MB));
    assertEquals(MemoryFit.Verdict.TOO_LARGE, fit.verdict());
    assertTrue(fit.needs() > process && fit.needs() < process * 1.05 + 130 * MB, "a reserve");
    assertEquals(390 * MB, fit.has(), "what the process has already is its own");
    assertEquals("g", fit.bound().orElseThrow().where());
    MemoryFit alone = MemoryFit.of(need, new MemoryBounds(List.of(machine), 80 * MB));
    assertEquals(MemoryFit.Verdict.FITS, alone.verdict());
    MemoryBound swap = new MemoryBound(Kind.GROUP, "g", 400 * MB, 90 * MB, 900 * MB);
    MemoryFit swapping = MemoryFit.of(need, new MemoryBounds(List.of(machine, swap), 80 * MB));
    assertEquals(MemoryFit.Verdict.TIGHT, swapping.verdict());
    assertEquals(
        MemoryFit.Verdict.FITS, MemoryFit.of(need, new MemoryBounds(List.of(), 0)).verdict());
  }

  @Test
  void ofAddressesOnlyTheTensorsAreStillToBeTaken() {
    MemoryNeed need = new MemoryNeed(300 * MB, 10, 5 * MB, 0);
    MemoryBound shell = new MemoryBound(Kind.ADDRESS_SPACE, "", 5_000 * MB, 4_680 * MB, 0);
    MemoryFit fit = MemoryFit.of(need, new MemoryBounds(List.of(shell), 80 * MB));
    assertEquals(305 * MB, fit.needs());
    assertEquals(320 * MB, fit.has());
    assertEquals(MemoryFit.Verdict.TIGHT, fit.verdict(), "by less than an estimate may be wrong");
  }

  private MemoryBound only(Kind kind) {
    List<MemoryBound> some =
        MemoryBounds.of(root).all().stream().filter(b -> b.kind() == kind).toList();
    assertEquals(1, some.size(), some.toString());
    return some.getFirst();
  }

  private void mount(String lines) throws IOException {
    put("proc/self/mountinfo", "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n" + lines + "\n");
  }

  private Path group(String folder, String file, String limit) throws IOException {
    put(folder + "/" + file, limit + "\n");
    return root.resolve(folder);
  }

  private void put(String file, String text) throws IOException {
    put(root.resolve(file), text);
  }

  private static void put(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
