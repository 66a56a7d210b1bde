package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.ThreadRanks;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose ranks store blocks save and resume the bits of one process. */
@Tag("backend")
final class BlockCheckpointsTest {
  private static final int STEPS = 8;
  private static final String SHARDED = "strategy: fully_sharded";
  private static final String HYBRID = "strategy: hybrid\ngroup: 2";

  @TempDir private Path dir;
  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());

  private RunFile run(String folder, String settings) {
    return TinyRuns.tokenizer(
        dir,
        Text.format(
            """
            batch: 8
            steps: %d
            seed: 7
            shards: 4
            ema: 0.9
            optimizer: {lr: 1e-2, clip: 0.5}
            checkpoint: {dir: %s, every: 2, keep: 3}
            %s
            """,
            STEPS, folder, settings));
  }

  private Path checkpoint(String folder, long step) {
    return dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", step));
  }

  private Path shard(String folder, long step, int shard, int of) {
    return dir.resolve(folder)
        .resolve(Text.format("step-%08d.shard-%d-of-%d.safetensors", step, shard, of));
  }

  /** Trains until so many steps are done. */
  private void train(String folder, int ranks, String settings, long steps) {
    RunFile run = run(folder, settings);
    TrainListener told =
        new TrainListener() {
          @Override
          public void warn(String text) {
            warnings.add(text);
          }
        };
    ThreadRanks.run(
        ranks,
        r -> {
          TrainJob job = TrainJob.of(run, r);
          try (CpuDevice device = new CpuDevice(1, r);
              Trainer trainer = new Trainer(job, device, r, told)) {
            trainer.requireSameRun(job);
            trainer.run(() -> trainer.done() >= steps);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return 0;
        });
  }

  private void requireSame(String one, String other) {
    for (long step = 4; step <= STEPS; step += 2) {
      TinyRuns.assertSameTensors(checkpoint(one, step), checkpoint(other, step));
    }
  }

  @Test
  void theCheckpointsAreThoseOfOneProcess() throws IOException {
    train("alone", 1, "", STEPS);
    train("two", 2, SHARDED, STEPS);
    train("four", 4, SHARDED, STEPS);
    train("hybrid", 4, HYBRID, STEPS);
    for (String folder : List.of("two", "four", "hybrid")) {
      requireSame("alone", folder);
    }
    assertTrue(Files.exists(shard("four", STEPS, 4, 4)));
    assertTrue(Files.exists(shard("hybrid", STEPS, 2, 2)));
    Path one = dir.resolve("one.safetensors");
    try (SafetensorsFile f = SafetensorsFile.open(checkpoint("four", STEPS))) {
      SafetensorsWriter.write(one, f);
    }
    assertEquals(-1, Files.mismatch(checkpoint("alone", STEPS), one));
  }

  @Test
  void aRunGoesOnWithAnyNumberOfRanksAndAnyStrategy() throws IOException {
    train("whole", 1, "", STEPS);
    train("moved", 4, SHARDED, 1);
    train("moved", 2, SHARDED, 2);
    train("moved", 1, "", 3);
    train("moved", 4, HYBRID, 4);
    train("moved", 2, "strategy: data_parallel", 5);
    train("moved", 4, SHARDED, 6);
    train("moved", 4, "strategy: hybrid\ngroup: 4", STEPS);
    assertEquals(List.of(), warnings);
    TinyRuns.assertSameTensors(checkpoint("whole", STEPS), checkpoint("moved", STEPS));
    assertTrue(Files.exists(shard("moved", STEPS, 4, 4)));
    assertTrue(Files.notExists(shard("moved", 1, 1, 4)), "the newest three are kept");
  }

  @Test
  void aDamagedBlockIsSkippedByAllRanks() throws IOException {
    train("whole", 1, "", STEPS);
    train("damaged", 4, SHARDED, 6);
    Path damaged = shard("damaged", 6, 3, 4);
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length - 2] ^= 1;
    Files.write(damaged, bytes);
    train("damaged", 4, SHARDED, STEPS);
    assertEquals(4, warnings.size(), warnings.toString());
    assertTrue(warnings.getFirst().contains("shard-3-of-4.safetensors: "), warnings.toString());
    requireSame("whole", "damaged");
  }

  @Test
  void aMissingShardIsSkippedByAllRanks() throws IOException {
    train("whole", 1, "", STEPS);
    train("missing", 4, SHARDED, 6);
    Files.delete(shard("missing", 6, 1, 4));
    train("missing", 2, SHARDED, STEPS);
    assertTrue(
        warnings.getFirst().contains("shard-1-of-4.safetensors: no such file"),
        warnings.toString());
    requireSame("whole", "missing");
    assertTrue(Files.notExists(shard("missing", 6, 2, 4)), "of the checkpoint before");
  }
}
