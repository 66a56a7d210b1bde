package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.ThreadRanks;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.model.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Ranks that hold parameters in groups, and save what training would have come to.
 *
 * @param dir of the runs' folders
 */
record SavingRanks(Path dir) {
  private static final int SHARDS = 4;

  RunFile run(String folder, int keep) {
    return TinyRuns.tokenizer(
        dir,
        Text.format(
            "batch: 8\nshards: 4\nseed: 7\nema: 0.9\nsteps: 99\n"
                + "checkpoint: {dir: %s, keep: %d}\n",
            folder, keep));
  }

  /** One rank, which saves what training would have come to. */
  record Rank(Ranks ranks, Session session, ShardBuffers buffers, Saver saver) {
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

    static float value(String name, long i, long step) {
      return (name.hashCode() * 31L + i * 7 + step) % 1000 / 8f;
    }

    void save(long step) {
      save(step, step);
    }

    /** Saves a step with what is expected of another one. */
    void save(long step, long content) {
      fill(content);
      unchecked(() -> saver.save(step, 8 * step, facts(content)));
    }

    void begin(long step) {
      begin(step, step);
    }

    /** Begins to save, and changes everything at once. */
    void begin(long step, long content) {
      fill(content);
      unchecked(() -> saver.begin(step, 8 * step, facts(content)));
      fill(content + 1);
    }

    private static Map<String, String> facts(long content) {
      return Map.of("content", String.valueOf(content));
    }
  }

  interface Write {
    void run() throws IOException;
  }

  static void unchecked(Write write) {
    try {
      write.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  interface Program {
    void run(Rank rank);
  }

  /** Runs a program on each of some ranks, which hold parameters in groups. */
  static void on(int count, int group, RunFile run, Program program) {
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
                    job,
                    new Weights(session, plan, ranks.rank()),
                    buffers,
                    ranks,
                    start,
                    new TrainListener() {});
            try (saver) {
              program.run(new Rank(ranks, session, buffers, saver));
            }
          }
          return 0;
        });
  }

  void saved(String folder, int count, int group, int keep, long... steps) {
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

  Path checkpoint(String folder, long step) {
    return dir.resolve(folder).resolve(Text.format("step-%08d.safetensors", step));
  }

  Path shard(String folder, long step, int shard, int of) {
    return dir.resolve(folder)
        .resolve(Text.format("step-%08d.shard-%d-of-%d.safetensors", step, shard, of));
  }

  Set<String> files(String folder) throws IOException {
    try (Stream<Path> all = Files.list(dir.resolve(folder))) {
      return new TreeSet<>(all.map(f -> f.getFileName().toString()).toList());
    }
  }

  static String name(Path file) {
    return file.getFileName().toString();
  }
}
