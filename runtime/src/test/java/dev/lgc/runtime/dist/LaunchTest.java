package dev.lgc.runtime.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What launchers and libraries say of themselves. */
@Tag("pure")
final class LaunchTest {
  private static final SymbolLookup NONE = _ -> Optional.empty();

  @Test
  void theEnvironmentSaysWhoStartedARank() {
    assertEquals(Optional.empty(), Launch.of(Map.of("PATH", "/bin")));
    assertEquals(
        Optional.of(new Launch("mpirun of Open MPI", 1, 4)),
        Launch.of(Map.of("OMPI_COMM_WORLD_SIZE", "4", "OMPI_COMM_WORLD_RANK", "1")));
    assertEquals(
        Optional.of(new Launch("mpiexec of MPICH", 0, 2)),
        Launch.of(Map.of("PMI_SIZE", "2", "PMI_RANK", "0")));
    assertEquals(
        Optional.of(new Launch("srun of Slurm", 0, 8)),
        Launch.of(Map.of("SLURM_NTASKS", "8", "SLURM_STEP_NUM_TASKS", "8", "SLURM_PROCID", "0")));
    // A batch script of Slurm's is no rank; it may start mpirun.
    assertEquals(Optional.empty(), Launch.of(Map.of("SLURM_NTASKS", "8", "SLURM_PROCID", "0")));
    assertEquals(Optional.empty(), Launch.of(Map.of("PMI_SIZE", "many", "PMI_RANK", "0")));
  }

  @Test
  void anMpiThatDoesNotStartIsSaidToBeMissing() throws MpiMissing {
    // All of MPI is there, though never called, but MPI_Init_thread.
    SymbolLookup libc = Linker.nativeLinker().defaultLookup();
    SymbolLookup symbols = s -> s.equals("MPI_Init_thread") ? Optional.empty() : libc.find("abs");
    Mpi mpi = new Mpi(MpiAbi.of("MPICH Version: 4.0.2", NONE), symbols, SignalHandlers.save());
    MpiThread thread = new MpiThread(mpi, e -> fail("told before all have met: " + e));
    MpiMissing e =
        assertTimeoutPreemptively(
            Duration.ofSeconds(30), () -> assertThrows(MpiMissing.class, thread::meet));
    assertTrue(e.getMessage().startsWith("MPICH 4.0.2 does not start: "), e.getMessage());
    assertTrue(e.getMessage().contains("MPI_Init_thread"), e.getMessage());
  }

  @Test
  void aFileThatIsNoMpiLibraryIsRefusedInOneLine() {
    SymbolLookup empty = s -> Optional.empty();
    MpiMissing e = assertThrows(MpiMissing.class, () -> Mpi.of(empty, SignalHandlers.save()));
    assertTrue(e.getMessage().startsWith("this is no MPI library, or an old one: "), "" + e);
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void mpichsHandlesAreNumbers() throws MpiMissing {
    MpiAbi abi = MpiAbi.of("MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7\n", NONE);
    assertEquals("MPICH 4.0.2", abi.name());
    assertEquals(Integer.BYTES, abi.requestBytes());
  }

  @Test
  void libraryAndLauncherThatAreNotKnownAreRefusedInOneLine() {
    for (String version : List.of("", "Open MPI v3.1.6, package: x", "Some MPI 1.0\nof 1999")) {
      MpiMissing e = assertThrows(MpiMissing.class, () -> MpiAbi.of(version, NONE));
      assertEquals(1, e.getMessage().lines().count());
      assertTrue(e.getMessage().contains("use Open MPI 4 or 5"), e.getMessage());
    }
    MpiMissing e =
        assertThrows(
            MpiMissing.class, () -> MpiCommand.options(Path.of("/x/mpirun"), "usage: mpirun\n"));
    assertEquals(
        "/x/mpirun is not known (usage: mpirun): use that of Open MPI or MPICH", e.getMessage());
  }

  @Test
  void launchersBindNoRankToACore() throws MpiMissing {
    Path mpirun = Path.of("/usr/bin/mpirun");
    assertEquals(List.of("-bind-to", "none"), MpiCommand.options(mpirun, "HYDRA build details:"));
    List<String> open = MpiCommand.options(mpirun, "mpirun (Open MPI) 4.1.4\n");
    assertTrue(open.containsAll(List.of("--bind-to", "none", "slot:OVERSUBSCRIBE")), "" + open);
    assertTrue(open.contains("--quiet"), "" + open);
    List<String> five = MpiCommand.options(mpirun, "mpirun (Open MPI) 5.0.7\n");
    assertTrue(five.contains("slot:OVERSUBSCRIBE") && !five.contains("--quiet"), "" + five);
  }

  @Test
  void ranksShareProcessorsAndHeap() {
    List<String> flags = MpiCommand.jvmFlags(1_000_000);
    assertTrue(flags.contains("-XX:ActiveProcessorCount=1"), "" + flags);
  }
}
