package dev.lgc.runtime.bench;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeCacheWriter;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainListener;
import dev.lgc.runtime.train.Trainer;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * How much memory training really takes, against what the plan says. Arguments: steps, then run
 * files. Each is trained in a JVM of its own, with the flags of this one, for so many steps, on
 * drawn pictures or random codes in the place of its data; its folder is left alone. Linux only.
 */
public final class MemoryBench {
  private static final double MIB = 1 << 20;

  private MemoryBench() {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("child")) {
      child(Integer.parseInt(args[1]), Path.of(args[2]));
      return;
    }
    for (String run : List.of(args).subList(1, args.length)) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(List.of(MemoryBench.class.getName(), "child", args[0], run));
      new ProcessBuilder(command)
          .inheritIO()
          .redirectError(ProcessBuilder.Redirect.to(new File("/dev/null")))
          .start()
          .waitFor();
    }
  }

  private static void child(int steps, Path yaml) throws IOException {
    Path dir = Files.createTempDirectory("memory-bench");
    try {
      RunFile given = UserError.orThrow(RunFile.read(yaml));
      RunFile run = elsewhere(given, dir);
      TrainJob job = TrainJob.of(run);
      if (run.config().codes().isPresent()) {
        randomCodes(job, run.config().codes().get().path());
      }
      long[] done = new long[1];
      TrainListener count =
          new TrainListener() {
            @Override
            public void step(long now) {
              done[0] = now;
            }
          };
      int threads = Runtime.getRuntime().availableProcessors();
      try (CpuDevice device = new CpuDevice(threads);
          Trainer trainer = new Trainer(job, device, count)) {
        trainer.run(() -> done[0] >= steps);
        report(yaml, job.plan(), device);
      }
    } finally {
      try (Stream<Path> all = Files.walk(dir)) {
        for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(p);
        }
      }
    }
  }

  /** The same run on data that needs no files, and with its checkpoints in {@code dir}. */
  private static RunFile elsewhere(RunFile run, Path dir) {
    RunConfig c = run.config();
    Optional<RunConfig.Data> data =
        c.data()
            .map(
                d ->
                    new RunConfig.Data(
                        RunConfig.Data.Kind.DRAWN,
                        Optional.empty(),
                        Optional.empty(),
                        4096,
                        d.image(),
                        d.crop(),
                        d.flip(),
                        0,
                        Optional.empty(),
                        RunConfig.Data.OnBadPicture.SKIP));
    Optional<RunConfig.Codes> codes =
        c.codes()
            .map(
                x ->
                    new RunConfig.Codes(
                        dir.resolve("codes"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        x.classes()));
    RunConfig changed =
        new RunConfig(
            c.model(),
            c.artifact(),
            data,
            codes,
            c.batch(),
            c.microBatches(),
            c.shards(),
            c.strategy(),
            c.group(),
            c.reduction(),
            c.gradients(),
            c.memory(),
            c.steps(),
            c.epochs(),
            c.optimizer(),
            c.schedule(),
            c.ema(),
            c.emaWarmup(),
            c.seed(),
            new RunConfig.Checkpoint(dir, c.checkpoint().every(), c.checkpoint().keep()),
            c.log(),
            c.precision(),
            c.threads(),
            c.samples(),
            c.weights(),
            c.startFrom());
    return new RunFile(run.source(), run.folder(), changed, run.places(), run.note());
  }

  private static void randomCodes(TrainJob job, Path path) throws IOException {
    TensorType type =
        job.model().entries().stream()
            .flatMap(e -> e.inputs().stream())
            .filter(i -> InputKind.of(i) == InputKind.CODES)
            .findFirst()
            .orElseThrow()
            .type();
    int tokens = type.shape().dim(1);
    int codebook = ((Number) job.model().facts().get("codes")).intValue();
    CodeCacheInfo info = new CodeCacheInfo("random", 1, tokens, codebook, 1, 0, List.of());
    Random random = new Random(1);
    try (CodeCacheWriter w = CodeCache.create(path, info)) {
      for (int i = 0; i < 2000; i++) {
        w.append(i % 10, random.ints(tokens, 0, codebook).toArray());
      }
      w.finish();
    }
  }

  private static void report(Path yaml, ExecutionPlan plan, CpuDevice device) throws IOException {
    System.out.printf(Locale.ROOT, "%s%n", yaml);
    row("plan: " + bytes(plan), plan.totalBytes());
    row("kernels' scratch", device.workingBytes());
    row("pages of arenas touched", hugeResident());
    Map<String, Long> status = status();
    row("peak resident (VmHWM)", status.get("VmHWM"));
    row("resident now", status.get("VmRSS"));
    row("  of it anonymous / of files", status.get("RssAnon"), status.get("RssFile"));
    long heap = 0;
    long other = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.HEAP) {
        heap += pool.getPeakUsage().getUsed();
      } else {
        other += pool.getPeakUsage().getCommitted();
      }
    }
    row(
        "heap: peak used / committed",
        heap,
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted());
    row("code cache and metaspace, committed", other);
  }

  private static String bytes(ExecutionPlan plan) {
    StringBuilder s = new StringBuilder();
    plan.arenaBytes()
        .forEach(
            (a, n) ->
                s.append(a.name().toLowerCase(Locale.ROOT))
                    .append(Text.format(" %.1f  ", n / MIB)));
    return s.toString().strip();
  }

  private static void row(String what, long... bytes) {
    StringBuilder s = new StringBuilder();
    for (long b : bytes) {
      s.append(Text.format("%9.1f MiB", b / MIB));
    }
    System.out.printf(Locale.ROOT, "  %-78s %s%n", what, s);
  }

  private static Map<String, Long> status() throws IOException {
    Map<String, Long> all = new java.util.HashMap<>();
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      String[] part = line.split("[:\\s]+");
      if (part.length == 3 && part[2].equals("kB")) {
        all.put(part[0], 1024 * Long.parseLong(part[1]));
      }
    }
    return all;
  }

  /** Resident pages of mappings that huge pages were asked for: those of native blocks. */
  private static long hugeResident() throws IOException {
    long sum = 0;
    long resident = 0;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.startsWith("Rss:")) {
        resident = 1024 * Long.parseLong(line.split("\\s+")[1]);
      } else if (line.startsWith("VmFlags:") && line.contains(" hg")) {
        sum += resident;
      }
    }
    return sum;
  }
}
