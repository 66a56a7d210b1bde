package dev.lgc.runtime.train;

import static dev.lgc.runtime.train.SavingRanks.name;
import static dev.lgc.runtime.train.SavingRanks.on;
import static dev.lgc.runtime.train.SavingRanks.unchecked;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.model.CheckpointFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that are written while the next steps are done. */
@Tag("backend")
final class SavingBesideStepsTest {
  @TempDir private Path dir;
  private SavingRanks ranks;

  @BeforeEach
  void open() {
    ranks = new SavingRanks(dir);
  }

  private Path checkpoint(String folder, long step) {
    return ranks.checkpoint(folder, step);
  }

  @Test
  void aCheckpointIsWrittenWhileTheNextStepsAreDone() throws IOException {
    ranks.saved("sound", 1, 1, 3, 5, 6);
    for (int[] on : new int[][] {{1, 1}, {2, 1}, {4, 2}, {4, 4}}) {
      String folder = "beside" + on[0] + "-" + on[1];
      on(
          on[0],
          on[1],
          ranks.run(folder, 3),
          rank -> {
            rank.begin(5);
            assertFalse(rank.saver().lacks(5));
            if (on[1] == 1 && on[0] > 1) {
              while (rank.saver().isWriting()) { // the same on all ranks
                unchecked(() -> rank.saver().poll(false));
              }
              assertTrue(Files.exists(checkpoint(folder, 5)));
            }
            rank.begin(6); // waits for the one before it
            assertTrue(Files.exists(checkpoint(folder, 5)));
            unchecked(rank.saver()::finish);
            unchecked(rank.saver()::finish);
            assertTrue(Files.exists(checkpoint(folder, 6)));
          });
      TinyRuns.assertSameTensors(checkpoint("sound", 5), checkpoint(folder, 5));
      TinyRuns.assertSameTensors(checkpoint("sound", 6), checkpoint(folder, 6));
      assertEquals(
          name(checkpoint(folder, 6)), Files.readString(dir.resolve(folder + "/latest")).strip());
    }
  }

  @Test
  void pollingTellsAllRanksThatOneIsToStop() {
    on(
        4,
        2,
        ranks.run("stop", 3),
        rank -> {
          unchecked(() -> assertEquals(true, rank.saver().poll(rank.ranks().rank() == 3)));
          unchecked(() -> assertEquals(false, rank.saver().poll(false)));
          rank.begin(5);
          unchecked(() -> assertEquals(true, rank.saver().poll(rank.ranks().rank() == 1)));
          unchecked(rank.saver()::finish);
        });
  }

  @Test
  void whatIsNotFinishedIsNotThere() throws IOException {
    on(
        2,
        2,
        ranks.run("unfinished", 3),
        rank -> {
          rank.save(5);
          rank.begin(6);
        });
    assertTrue(Files.notExists(checkpoint("unfinished", 6)));
    assertEquals(
        Optional.of(checkpoint("unfinished", 5)),
        new CheckpointFolder(dir.resolve("unfinished")).latest(w -> {}));
    assertTrue(ranks.files("unfinished").stream().noneMatch(f -> f.endsWith(".tmp")));
  }

  @Test
  void aFailureBesideTheNextStepsEndsAllRanks() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    Files.createDirectories(dir.resolve("late"));
    Files.createSymbolicLink(ranks.shard("late", 6, 2, 2), full);
    on(
        2,
        2,
        ranks.run("late", 3),
        rank -> {
          rank.begin(5);
          rank.begin(6);
          SharedFailure e =
              assertThrows(
                  SharedFailure.class,
                  () -> {
                    while (rank.saver().isWriting()) {
                      rank.saver().poll(false);
                    }
                  });
          assertTrue(rank.saver().hasFailed());
          String m = e.why().getMessage();
          assertTrue(m.contains("step-00000006.shard-2-of-2.safetensors: cannot be written"), m);
          assertTrue(m.contains("step-00000005.safetensors is sound"), m);
          unchecked(rank.saver()::finish); // once is enough
        });
    assertTrue(Files.notExists(checkpoint("late", 6)));
  }
}
