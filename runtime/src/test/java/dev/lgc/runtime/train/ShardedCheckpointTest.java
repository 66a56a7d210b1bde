package dev.lgc.runtime.train;

import static dev.lgc.runtime.train.SavingRanks.name;
import static dev.lgc.runtime.train.SavingRanks.on;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.model.CheckpointFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of ranks that store blocks: whole when they are read, there completely or not. */
@Tag("backend")
final class ShardedCheckpointTest {
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
  void theTensorsAreThoseOfOneProcessOnAnyNumberOfRanks() throws IOException {
    ranks.saved("one", 1, 1, 3, 5);
    for (int[] on : new int[][] {{2, 1}, {2, 2}, {4, 2}, {4, 4}}) {
      String folder = "ranks" + on[0] + "-" + on[1];
      ranks.saved(folder, on[0], on[1], 3, 5);
      TinyRuns.assertSameTensors(checkpoint("one", 5), checkpoint(folder, 5));
      Set<String> expected = new TreeSet<>(Set.of("latest", name(checkpoint(folder, 5))));
      for (int place = 1; place <= on[1] && on[1] > 1; place++) {
        expected.add(name(ranks.shard(folder, 5, place, on[1])));
      }
      assertEquals(expected, ranks.files(folder));
      try (SafetensorsFile one = SafetensorsFile.open(checkpoint("one", 5));
          SafetensorsFile many = SafetensorsFile.open(checkpoint(folder, 5))) {
        assertEquals(one.metadata(), many.metadata());
        many.check();
        for (TensorEntry t : many.tensors()) {
          String name = t.name().replaceFirst("^shard\\d:", "");
          assertEquals(SavingRanks.Rank.value(name, t.elements() - 1, 5), last(t), t.name());
        }
      }
    }
  }

  private static float last(TensorEntry t) {
    return (float) t.numberAt(t.elements() - 1);
  }

  @Test
  void aCheckpointIsRemovedWithItsShards() throws IOException {
    ranks.saved("kept", 2, 2, 2, 1, 2, 3, 4);
    Set<String> expected = new TreeSet<>(Set.of("latest"));
    for (long step : new long[] {3, 4}) {
      expected.add(name(checkpoint("kept", step)));
      expected.add(name(ranks.shard("kept", step, 1, 2)));
      expected.add(name(ranks.shard("kept", step, 2, 2)));
    }
    assertEquals(expected, ranks.files("kept"));
  }

  @Test
  void whatASaveLeftThatWasNotCompletedIsRemovedByTheNext() throws IOException {
    ranks.saved("left", 2, 2, 9, 1, 3, 8);
    Files.delete(checkpoint("left", 3));
    Files.copy(ranks.shard("left", 1, 1, 2), ranks.shard("left", 1, 1, 4));
    Files.copy(ranks.shard("left", 8, 1, 2), ranks.shard("left", 9, 1, 2));
    Files.copy(checkpoint("left", 1), dir.resolve("left/mine.safetensors"));
    Files.delete(checkpoint("left", 1));
    Path begun = dir.resolve("left/.step-00000003.shard-2-of-2.safetensors.elsewhere-7-7-7.tmp");
    Files.writeString(begun, "a rank of another machine died here");
    ranks.saved("left", 4, 4, 9, 4);
    Set<String> files = ranks.files("left");
    assertTrue(Files.notExists(begun));
    assertFalse(files.contains(name(ranks.shard("left", 3, 1, 2))), files.toString());
    assertFalse(files.contains(name(ranks.shard("left", 1, 1, 4))), files.toString());
    assertTrue(
        files.contains(name(ranks.shard("left", 1, 1, 2))), "mine.safetensors has it: " + files);
    assertTrue(files.contains(name(ranks.shard("left", 8, 2, 2))), "of a later step: " + files);
    assertTrue(files.contains(name(ranks.shard("left", 9, 1, 2))), "of a later step: " + files);
    assertTrue(files.contains(name(ranks.shard("left", 4, 4, 4))), files.toString());
  }

  @Test
  void aStepIsSavedAgainByAnotherNumberOfRanks() throws IOException {
    ranks.saved("again", 2, 2, 3, 5);
    ranks.saved("again", 4, 4, 3, 5);
    assertEquals(6, ranks.files("again").size(), ranks.files("again").toString());
    ranks.saved("again", 1, 1, 3, 5);
    assertEquals(Set.of("latest", name(checkpoint("again", 5))), ranks.files("again"));
  }

  @Test
  void aStepThatIsSavedAgainReplacesNoShardUntilItIsPublished() throws IOException {
    ranks.saved("sound", 4, 4, 3, 5);
    ranks.saved("twice", 4, 4, 3, 5);
    Set<String> first = ranks.files("twice");
    on(4, 4, ranks.run("twice", 3), rank -> rank.begin(5, 77));
    assertEquals(first.size() + 4, ranks.files("twice").size(), "the shards of both");
    assertEquals(
        Optional.of(checkpoint("twice", 5)),
        new CheckpointFolder(dir.resolve("twice")).latest(w -> {}));
    for (String file : first) {
      Path sound = dir.resolve("sound").resolve(file);
      assertEquals(-1, Files.mismatch(sound, dir.resolve("twice").resolve(file)), file);
    }
    on(4, 4, ranks.run("twice", 3), rank -> rank.save(5, 77));
    assertEquals(first.size(), ranks.files("twice").size(), ranks.files("twice").toString());
    assertTrue(
        ranks.files("twice").contains("step-00000005.shard-3-of-4.save-2.safetensors"),
        ranks.files("twice").toString());
    try (SafetensorsFile f = SafetensorsFile.open(checkpoint("twice", 5))) {
      f.check();
      TensorEntry t = f.tensors().getLast();
      String name = t.name().replaceFirst("^shard\\d:", "");
      assertEquals(SavingRanks.Rank.value(name, t.elements() - 1, 77), last(t));
    }
    ranks.saved("twice", 4, 4, 3, 5);
    assertEquals(first, ranks.files("twice"), "the first names are free again");
    TinyRuns.assertSameTensors(checkpoint("sound", 5), checkpoint("twice", 5));
  }

  @Test
  void shardsThatACopyOfAnIndexListsAreNotReplaced() throws IOException {
    ranks.saved("copied", 2, 2, 3, 5);
    Files.copy(checkpoint("copied", 5), dir.resolve("copied/mine.safetensors"));
    on(2, 2, ranks.run("copied", 3), rank -> rank.save(5, 77));
    try (SafetensorsFile mine = SafetensorsFile.open(dir.resolve("copied/mine.safetensors"));
        SafetensorsFile saved = SafetensorsFile.open(checkpoint("copied", 5))) {
      mine.check();
      saved.check();
    }
  }

  /** The shard of rank 1 goes to another file system, and rank 0 sees one of an earlier run. */
  @Test
  void aShardOfTheSameSizeFromAnotherSaveIsNotListed() {
    List<String> messages = Collections.synchronizedList(new ArrayList<>());
    on(
        2,
        2,
        ranks.run("stale", 3),
        rank -> {
          rank.save(5);
          rank.begin(6);
          if (rank.ranks().rank() == 0) {
            awaitAndReplace(ranks.shard("stale", 6, 2, 2), ranks.shard("stale", 5, 2, 2));
          }
          SharedFailure e = assertThrows(SharedFailure.class, () -> rank.saver().finish());
          messages.add(e.why().getMessage());
        });
    assertEquals(2, messages.size());
    for (String m : messages) {
      assertTrue(m.contains("step-00000006.shard-2-of-2.safetensors: it was written by rank 1"), m);
    }
    assertTrue(Files.notExists(checkpoint("stale", 6)));
    assertTrue(new CheckpointFolder(dir.resolve("stale")).latest(w -> {}).isPresent());
  }

  private static void awaitAndReplace(Path file, Path by) {
    try {
      while (Files.notExists(file)) {
        Thread.sleep(1);
      }
      assertEquals(Files.size(by), Files.size(file));
      Files.copy(by, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Damage {
    void to(String folder) throws IOException;
  }

  /** Damages the newer one of two checkpoints: the older is taken, with a warning. */
  private void passesOver(String folder, String warning, Damage damage) throws IOException {
    ranks.saved(folder, 4, 4, 3, 5, 6);
    damage.to(folder);
    List<String> warnings = new ArrayList<>();
    assertEquals(
        Optional.of(checkpoint(folder, 5)),
        new CheckpointFolder(dir.resolve(folder)).latest(warnings::add));
    assertTrue(
        warnings.stream().anyMatch(w -> w.contains(warning)), warnings + " without " + warning);
    ranks.saved(folder, 4, 4, 3, 6);
    assertEquals(
        Optional.of(checkpoint(folder, 6)),
        new CheckpointFolder(dir.resolve(folder)).latest(w -> {}));
    TinyRuns.assertSameTensors(checkpoint("sound", 6), checkpoint(folder, 6));
  }

  @Test
  void aCheckpointCountsOnlyIfAllOfItIsThere() throws IOException {
    ranks.saved("sound", 4, 4, 3, 5, 6);
    passesOver(
        "missing",
        "step-00000006.shard-3-of-4.safetensors: no such file",
        f -> Files.delete(ranks.shard(f, 6, 3, 4)));
    passesOver(
        "cut",
        "step-00000006.shard-2-of-4.safetensors: only",
        f -> {
          Path shard = ranks.shard(f, 6, 2, 4);
          byte[] bytes = Files.readAllBytes(shard);
          Files.write(shard, Arrays.copyOf(bytes, bytes.length - 9));
        });
    passesOver(
        "header",
        "step-00000006.shard-4-of-4.safetensors",
        f -> {
          byte[] bytes = Files.readAllBytes(ranks.shard(f, 6, 4, 4));
          bytes[40] ^= 4;
          Files.write(ranks.shard(f, 6, 4, 4), bytes);
        });
    passesOver(
        "mixed",
        "step-00000006.shard-1-of-4.safetensors: a shard of another save",
        f ->
            Files.copy(
                ranks.shard(f, 5, 1, 4),
                ranks.shard(f, 6, 1, 4),
                StandardCopyOption.REPLACE_EXISTING));
    passesOver(
        "index",
        "there are shards of step-00000006.safetensors without that file",
        f -> Files.delete(checkpoint(f, 6)));
  }

  @Test
  void aFlippedBitInABlockIsFoundWhenItIsRead() throws IOException {
    ranks.saved("flipped", 4, 4, 3, 5);
    Path shard = ranks.shard("flipped", 5, 2, 4);
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 5] ^= 1;
    Files.write(shard, bytes);
    try (SafetensorsFile f = SafetensorsFile.open(checkpoint("flipped", 5))) {
      String message = assertThrows(BadInputException.class, f::check).getMessage();
      assertTrue(message.contains("step-00000005.shard-2-of-4.safetensors: "), message);
      assertTrue(message.contains("is damaged"), message);
    }
  }

  @Test
  void aFolderWithShardsAloneSaysSo() throws IOException {
    ranks.saved("alone", 2, 2, 3, 5);
    Files.delete(checkpoint("alone", 5));
    String message =
        assertThrows(
                BadInputException.class,
                () -> CheckpointFolder.resolve(dir.resolve("alone"), w -> {}))
            .getMessage();
    assertTrue(message.contains("it has shards without the file that lists them"), message);
  }

  /** Saving ends on the rank that dies: the others are ended, and the index is not there. */
  @Test
  void aRankThatDiesWhileSavingLeavesTheLastCheckpoint() throws IOException {
    assertThrows(
        IllegalStateException.class,
        () ->
            on(
                4,
                4,
                ranks.run("killed", 3),
                rank -> {
                  rank.save(5);
                  if (rank.ranks().rank() == 2) {
                    throw new IllegalArgumentException("killed");
                  }
                  rank.save(6);
                }));
    assertTrue(Files.notExists(checkpoint("killed", 6)));
    List<String> warnings = new ArrayList<>();
    assertEquals(
        Optional.of(checkpoint("killed", 5)),
        new CheckpointFolder(dir.resolve("killed")).latest(warnings::add));
    ranks.saved("killed", 4, 4, 3, 6);
    assertEquals(11, ranks.files("killed").size(), ranks.files("killed").toString());
  }

  /** The shard of one rank goes to a device that has no space, ever. */
  @Test
  void aFullDiskOfOneRankEndsAllWithTheCheckpointThatIsSound() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    Files.createDirectories(dir.resolve("full"));
    Files.createSymbolicLink(ranks.shard("full", 6, 2, 2), full);
    List<String> messages = Collections.synchronizedList(new ArrayList<>());
    on(
        2,
        2,
        ranks.run("full", 3),
        rank -> {
          rank.save(5);
          SharedFailure e = assertThrows(SharedFailure.class, () -> rank.save(6));
          assertTrue(rank.saver().hasFailed());
          messages.add(rank.ranks().rank() + ": " + e.why().getMessage());
        });
    assertEquals(2, messages.size());
    for (String m : messages) {
      assertTrue(m.contains("step-00000006.shard-2-of-2.safetensors: cannot be written: No"), m);
      assertTrue(m.contains("step-00000005.safetensors is sound"), m);
    }
    assertTrue(messages.stream().anyMatch(m -> m.startsWith("0: rank 1 of 2 on ")));
    assertTrue(Files.notExists(checkpoint("full", 6)));
  }
}
