package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.dist.ThreadRanks;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of ranks that store blocks: whole when they are read, there completely or not. */
@Tag("backend")
final class ShardedCheckpointTest {
  private static final int SHARDS = 4;

  @TempDir private Path dir;

  private RunFile run(String folder, int keep) {
    return TinyRuns.tokenizer(
        dir,
        Text.format(
            "batch: 8\nshards: 4\nseed: 7\nema: 0.9\nsteps: 99\n"
                + "checkpoint: {dir: %s, keep: %d}\n",
            folder, keep));
  }

  /** One rank, which saves what training would have come to. */
  private record Rank(Ranks ranks, Session session, ShardBuffers buffers, Saver saver) {
    /** The same numbers on any number of ranks: a function of name, element and step. */
    private void fill(long step) {
      for (StoredTensor t : session.plan().storage()) {
        if (t.role() == Role.GRADIENT || t.role() == Role.PARTIAL || t.role() == Role.LOCAL) {
          continue;
        }
        MemorySegment to = session.editStorage(t.name());
        long n = t.slot().type().shape().elements();
        long first = t.block().map(b -> n * (ranks.rank() % b.group().size())).orElse(0L);
        long end = t.block().map(b -> b.whole().shape().elements()).orElse(n);
        for (long i = 0; i < n; i++) {
          float value = first + i < end ? value(t.name(), first + i, step) : 0;
          to.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
      }
      buffers.start();
    }

    private static float value(String name, long i, long step) {
      return (name.hashCode() * 31L + i * 7 + step) % 1000 / 8f;
    }

    void save(long step) {
      fill(step);
      unchecked(() -> saver.save(step, 8 * step, facts(step)));
    }

    /** Begins to save, and changes everything at once. */
    void begin(long step) {
      fill(step);
      unchecked(() -> saver.begin(step, 8 * step, facts(step)));
      fill(step + 1);
    }

    private static Map<String, String> facts(long step) {
      return Map.of("step", String.valueOf(step));
    }
  }

  private interface Write {
    void run() throws IOException;
  }

  private static void unchecked(Write write) {
    try {
      write.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Program {
    void run(Rank rank);
  }

  /** Runs a program on each of some ranks, which hold parameters in groups. */
  private static void on(int count, int group, RunFile run, Program program) {
    ThreadRanks.run(
        count,
        ranks -> {
          TrainJob job = TrainJob.of(run, ranks);
          List<Request> requests = new ArrayList<>();
          for (Request r : job.requests()) {
            requests.add(
                r instanceof Request.Sharding ? new Request.Sharding(SHARDS, count, group) : r);
          }
          ExecutionPlan plan = Compiler.compile(job.model(), requests);
          try (CpuDevice device = new CpuDevice(1, ranks);
              Session session = Session.open(plan, device);
              ShardBuffers buffers = new ShardBuffers(session, job.model(), job.parts())) {
            StartingPoint start =
                new StartingPoint(null, null, 0, Optional.empty(), Map.of(), Set.of());
            Saver saver =
                new Saver(
                    job, new Weights(session, plan), buffers, ranks, start, new TrainListener() {});
            try (saver) {
              program.run(new Rank(ranks, session, buffers, saver));
            }
          }
          return 0;
        });
  }

  private void saved(String folder, int count, int group, int keep, long... steps) {
    on(
        count,
        group,
        run(folder, keep),
        rank -> {
          for (long step : steps) {
            rank.save(step);
          }
        });
  }

  private Path checkpoint(String folder, long step) {
    return dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", step));
  }

  private Path shard(String folder, long step, int shard, int of) {
    return dir.resolve(folder)
        .resolve(Text.format("step-%08d.shard-%d-of-%d.safetensors", step, shard, of));
  }

  private Set<String> files(String folder) throws IOException {
    try (Stream<Path> all = Files.list(dir.resolve(folder))) {
      return new TreeSet<>(all.map(f -> f.getFileName().toString()).toList());
    }
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  @Test
  void theTensorsAreThoseOfOneProcessOnAnyNumberOfRanks() throws IOException {
    saved("one", 1, 1, 3, 5);
    for (int[] on : new int[][] {{2, 1}, {2, 2}, {4, 2}, {4, 4}}) {
      String folder = "ranks" + on[0] + "-" + on[1];
      saved(folder, on[0], on[1], 3, 5);
      TinyRuns.assertSameTensors(checkpoint("one", 5), checkpoint(folder, 5));
      Set<String> expected = new TreeSet<>(Set.of("latest", name(checkpoint(folder, 5))));
      for (int place = 1; place <= on[1] && on[1] > 1; place++) {
        expected.add(name(shard(folder, 5, place, on[1])));
      }
      assertEquals(expected, files(folder));
      try (SafetensorsFile one = SafetensorsFile.open(checkpoint("one", 5));
          SafetensorsFile many = SafetensorsFile.open(checkpoint(folder, 5))) {
        assertEquals(one.metadata(), many.metadata());
        many.check();
        for (TensorEntry t : many.tensors()) {
          String name = t.name().replaceFirst("^shard\\d:", "");
          assertEquals(Rank.value(name, t.elements() - 1, 5), last(t), t.name());
        }
      }
    }
  }

  private static float last(TensorEntry t) {
    return (float) t.numberAt(t.elements() - 1);
  }

  @Test
  void aCheckpointIsRemovedWithItsShards() throws IOException {
    saved("kept", 2, 2, 2, 1, 2, 3, 4);
    Set<String> expected = new TreeSet<>(Set.of("latest"));
    for (long step : new long[] {3, 4}) {
      expected.add(name(checkpoint("kept", step)));
      expected.add(name(shard("kept", step, 1, 2)));
      expected.add(name(shard("kept", step, 2, 2)));
    }
    assertEquals(expected, files("kept"));
  }

  @Test
  void whatASaveLeftThatWasNotCompletedIsRemovedByTheNext() throws IOException {
    saved("left", 2, 2, 9, 1, 3, 8);
    Files.delete(checkpoint("left", 3));
    Files.copy(shard("left", 1, 1, 2), shard("left", 1, 1, 4));
    Files.copy(shard("left", 8, 1, 2), shard("left", 9, 1, 2));
    Files.copy(checkpoint("left", 1), dir.resolve("left/mine.safetensors"));
    Files.delete(checkpoint("left", 1));
    Path begun = dir.resolve("left/.step-00000003.shard-2-of-2.safetensors.elsewhere-7-7-7.tmp");
    Files.writeString(begun, "a rank of another machine died here");
    saved("left", 4, 4, 9, 4);
    Set<String> files = files("left");
    assertTrue(Files.notExists(begun));
    assertFalse(files.contains(name(shard("left", 3, 1, 2))), files.toString());
    assertFalse(files.contains(name(shard("left", 1, 1, 4))), files.toString());
    assertTrue(files.contains(name(shard("left", 1, 1, 2))), "mine.safetensors has it: " + files);
    assertTrue(files.contains(name(shard("left", 8, 2, 2))), "of a later step: " + files);
    assertTrue(files.contains(name(shard("left", 9, 1, 2))), "of a later step: " + files);
    assertTrue(files.contains(name(shard("left", 4, 4, 4))), files.toString());
  }

  @Test
  void aStepIsSavedAgainByAnotherNumberOfRanks() throws IOException {
    saved("again", 2, 2, 3, 5);
    saved("again", 4, 4, 3, 5);
    assertEquals(6, files("again").size(), files("again").toString());
    saved("again", 1, 1, 3, 5);
    assertEquals(Set.of("latest", name(checkpoint("again", 5))), files("again"));
  }

  private interface Damage {
    void to(String folder) throws IOException;
  }

  /** Damages the newer one of two checkpoints: the older is taken, with a warning. */
  private void passesOver(String folder, String warning, Damage damage) throws IOException {
    saved(folder, 4, 4, 3, 5, 6);
    damage.to(folder);
    List<String> warnings = new ArrayList<>();
    assertEquals(
        Optional.of(checkpoint(folder, 5)),
        new CheckpointFolder(dir.resolve(folder)).latest(warnings::add));
    assertTrue(
        warnings.stream().anyMatch(w -> w.contains(warning)), warnings + " without " + warning);
    saved(folder, 4, 4, 3, 6);
    assertEquals(
        Optional.of(checkpoint(folder, 6)),
        new CheckpointFolder(dir.resolve(folder)).latest(w -> {}));
    TinyRuns.assertSameTensors(checkpoint("sound", 6), checkpoint(folder, 6));
  }

  @Test
  void aCheckpointCountsOnlyIfAllOfItIsThere() throws IOException {
    saved("sound", 4, 4, 3, 5, 6);
    passesOver(
        "missing",
        "step-00000006.shard-3-of-4.safetensors: no such file",
        f -> Files.delete(shard(f, 6, 3, 4)));
    passesOver(
        "cut",
        "step-00000006.shard-2-of-4.safetensors: only",
        f -> {
          Path shard = shard(f, 6, 2, 4);
          byte[] bytes = Files.readAllBytes(shard);
          Files.write(shard, Arrays.copyOf(bytes, bytes.length - 9));
        });
    passesOver(
        "header",
        "step-00000006.shard-4-of-4.safetensors",
        f -> {
          byte[] bytes = Files.readAllBytes(shard(f, 6, 4, 4));
          bytes[40] ^= 4;
          Files.write(shard(f, 6, 4, 4), bytes);
        });
    passesOver(
        "mixed",
        "step-00000006.shard-1-of-4.safetensors: a shard of another save",
        f -> Files.copy(shard(f, 5, 1, 4), shard(f, 6, 1, 4), StandardCopyOption.REPLACE_EXISTING));
    passesOver(
        "index",
        "there are shards of step-00000006.safetensors without that file",
        f -> Files.delete(checkpoint(f, 6)));
  }

  @Test
  void aFlippedBitInABlockIsFoundWhenItIsRead() throws IOException {
    saved("flipped", 4, 4, 3, 5);
    Path shard = shard("flipped", 5, 2, 4);
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
    saved("alone", 2, 2, 3, 5);
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
                run("killed", 3),
                rank -> {
                  rank.save(5);
                  if (rank.ranks.rank() == 2) {
                    throw new IllegalArgumentException("killed");
                  }
                  rank.save(6);
                }));
    assertTrue(Files.notExists(checkpoint("killed", 6)));
    List<String> warnings = new ArrayList<>();
    assertEquals(
        Optional.of(checkpoint("killed", 5)),
        new CheckpointFolder(dir.resolve("killed")).latest(warnings::add));
    saved("killed", 4, 4, 3, 6);
    assertEquals(11, files("killed").size(), files("killed").toString());
  }

  /** The shard of one rank goes to a device that has no space, ever. */
  @Test
  void aFullDiskOfOneRankEndsAllWithTheCheckpointThatIsSound() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    Files.createDirectories(dir.resolve("full"));
    Files.createSymbolicLink(shard("full", 6, 2, 2), full);
    List<String> messages = Collections.synchronizedList(new ArrayList<>());
    on(
        2,
        2,
        run("full", 3),
        rank -> {
          rank.save(5);
          SharedFailure e = assertThrows(SharedFailure.class, () -> rank.save(6));
          assertTrue(rank.saver.hasFailed());
          messages.add(rank.ranks.rank() + ": " + e.why().getMessage());
        });
    assertEquals(2, messages.size());
    for (String m : messages) {
      assertTrue(m.contains("step-00000006.shard-2-of-2.safetensors: cannot be written: No"), m);
      assertTrue(m.contains("step-00000005.safetensors is sound"), m);
    }
    assertTrue(messages.stream().anyMatch(m -> m.startsWith("0: rank 1 of 2 on ")));
    assertTrue(Files.notExists(checkpoint("full", 6)));
  }

  @Test
  void aCheckpointIsWrittenWhileTheNextStepsAreDone() throws IOException {
    saved("sound", 1, 1, 3, 5, 6);
    for (int[] on : new int[][] {{1, 1}, {2, 1}, {4, 2}, {4, 4}}) {
      String folder = "beside" + on[0] + "-" + on[1];
      on(
          on[0],
          on[1],
          run(folder, 3),
          rank -> {
            rank.begin(5);
            assertFalse(rank.saver.lacks(5));
            if (on[1] == 1 && on[0] > 1) {
              while (rank.saver.isWriting()) { // the same on all ranks
                unchecked(() -> rank.saver.poll(false));
              }
              assertTrue(Files.exists(checkpoint(folder, 5)));
            }
            rank.begin(6); // waits for the one before it
            assertTrue(Files.exists(checkpoint(folder, 5)));
            unchecked(rank.saver::finish);
            unchecked(rank.saver::finish);
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
        run("stop", 3),
        rank -> {
          unchecked(() -> assertEquals(true, rank.saver.poll(rank.ranks.rank() == 3)));
          unchecked(() -> assertEquals(false, rank.saver.poll(false)));
          rank.begin(5);
          unchecked(() -> assertEquals(true, rank.saver.poll(rank.ranks.rank() == 1)));
          unchecked(rank.saver::finish);
        });
  }

  @Test
  void whatIsNotFinishedIsNotThere() throws IOException {
    on(
        2,
        2,
        run("unfinished", 3),
        rank -> {
          rank.save(5);
          rank.begin(6);
        });
    assertTrue(Files.notExists(checkpoint("unfinished", 6)));
    assertEquals(
        Optional.of(checkpoint("unfinished", 5)),
        new CheckpointFolder(dir.resolve("unfinished")).latest(w -> {}));
    assertTrue(files("unfinished").stream().noneMatch(f -> f.endsWith(".tmp")));
  }

  @Test
  void aFailureBesideTheNextStepsEndsAllRanks() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    Files.createDirectories(dir.resolve("late"));
    Files.createSymbolicLink(shard("late", 6, 2, 2), full);
    on(
        2,
        2,
        run("late", 3),
        rank -> {
          rank.begin(5);
          rank.begin(6);
          SharedFailure e =
              assertThrows(
                  SharedFailure.class,
                  () -> {
                    while (rank.saver.isWriting()) {
                      rank.saver.poll(false);
                    }
                  });
          assertTrue(rank.saver.hasFailed());
          String m = e.why().getMessage();
          assertTrue(m.contains("step-00000006.shard-2-of-2.safetensors: cannot be written"), m);
          assertTrue(m.contains("step-00000005.safetensors is sound"), m);
          unchecked(rank.saver::finish); // once is enough
        });
    assertTrue(Files.notExists(checkpoint("late", 6)));
  }
}
