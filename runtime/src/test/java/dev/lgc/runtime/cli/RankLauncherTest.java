package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.io.BadInputException;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A process that starts ranks, is one of them, or is alone. */
@Tag("pure")
final class RankLauncherTest {
  private static final Map<String, String> ALONE = Map.of("PATH", "/bin");

  private static Map<String, String> mpirun(String size) {
    return Map.of("OMPI_COMM_WORLD_SIZE", size, "OMPI_COMM_WORLD_RANK", "0");
  }

  @Test
  void aProcessAloneStartsRanksIfSeveralAreWanted() {
    assertTrue(RankLauncher.startsRanks(2, ALONE));
    assertFalse(RankLauncher.startsRanks(1, ALONE));
    assertFalse(RankLauncher.startsRanks(0, ALONE));
    assertInstanceOf(OneRank.class, RankLauncher.open(ALONE));
  }

  @Test
  void aRankStartsNoneAndIsOneOfAsManyAsAreWanted() {
    assertFalse(RankLauncher.startsRanks(0, mpirun("4")));
    assertFalse(RankLauncher.startsRanks(4, mpirun("4")));
    BadInputException e =
        assertThrows(BadInputException.class, () -> RankLauncher.startsRanks(2, mpirun("4")));
    assertEquals("started by mpirun of Open MPI as one of 4 ranks", e.what());
    assertEquals("as many as `--ranks 2`", e.expected());
    assertInstanceOf(OneRank.class, RankLauncher.open(mpirun("1")));
  }

  @Test
  void whatEachRankWouldDoOnItsOwnIsRefused() {
    OneProcess.require("reconstruct", ALONE);
    OneProcess.require("reconstruct", mpirun("1"));
    OneProcess.require(new OneProcess.Exempt() {}, mpirun("4"));
    BadInputException e =
        assertThrows(BadInputException.class, () -> OneProcess.require("reconstruct", mpirun("4")));
    assertEquals("started by mpirun of Open MPI as one of 4 ranks", e.what());
    assertEquals("only `lgc train`, `lgc tokenize` and `lgc sample` run on several ranks", e.hint());
  }
}
