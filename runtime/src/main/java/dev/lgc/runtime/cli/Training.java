package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.device.cpu.dnnl.DnnlLibrary;
import dev.lgc.runtime.dist.Exchange;
import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.estimate.RunEstimate;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.simulate.RunForecast;
import dev.lgc.runtime.train.OpenResources;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainResult;
import dev.lgc.runtime.train.Trainer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** Training as commands do it: with a progress bar, a log, and Ctrl-C. */
final class Training {
  /** Steps of fewer seconds take most of their time outside kernels, which nobody estimates. */
  private static final double LEAST_SECONDS = 0.01;

  private Training() {}

  /**
   * Trains to the end, until Ctrl-C, or until {@code stop} says so. Ctrl-C gives up the step in
   * progress, or lets it finish once it has changed a parameter, and saves what is done; before the
   * first step, and after the last, it ends the program at once. Several ranks finish the step that
   * they share; Ctrl-C on one of them stops all.
   *
   * <p>Whatever ends one rank ends all: a failure that all know of in order, another by {@link
   * Ranks#abort}.
   *
   * @param reading reads the run file, and tells what of it is not used
   * @param opener opens the device
   * @param ranks of the run; closed at the end
   * @param err is told how it goes, by rank 0
   * @param report is told what came of it, on rank 0, while Ctrl-C is still held off: after it, an
   *     interrupted program is gone
   * @throws SharedFailure on ranks other than 0, for a failure that rank 0 tells the user of
   */
  static TrainResult run(
      Function<PrintWriter, RunFile> reading,
      TrainSession.Opener opener,
      Ranks ranks,
      PrintWriter err,
      BooleanSupplier stop,
      Consumer<TrainResult> report)
      throws IOException {
    return CommonEnd.of(ranks, () -> trained(reading, opener, ranks, err, stop, report));
  }

  private static TrainResult trained(
      Function<PrintWriter, RunFile> reading,
      TrainSession.Opener opener,
      Ranks ranks,
      PrintWriter err,
      BooleanSupplier stop,
      Consumer<TrainResult> report)
      throws IOException {
    boolean first = ranks.rank() == 0;
    PrintWriter told = first ? err : new PrintWriter(Writer.nullWriter());
    try (OpenResources around = new OpenResources()) {
      // Several ranks end together, also before there is anything to save.
      Optional<Interrupt> early =
          ranks.size() == 1
              ? Optional.empty()
              : Optional.of(around.add(new Interrupt(text -> say(told, text))));
      HostShare host = HostShare.of(ranks);
      RunFile run = SharedFailure.orNone(ranks, () -> reading.apply(told), CommonEnd::text);
      // The number of exchanges from here on follows from the settings.
      String version = new Version().getVersion()[0];
      Trainer.requireSameSettings(ranks, run, version);
      TrainJob job =
          new StrategyChoice(run, ranks, host, CommonEnd::text)
              .plan(MemoryBounds.here().sharedBy(host.ranks()), t -> say(told, t));
      Trainer.requireSamePlan(ranks, job);
      int threads = Devices.threads(job.run().config().threads(), host);
      try (TrainSession open = TrainSession.open(job, opener, ranks, threads, told, err, early)) {
        Trainer trainer = open.trainer();
        trainer.requireSameRun(job);
        Optional<RunEstimate> expected =
            first ? notes(job, open, host, threads, err) : Optional.empty();
        trainer.run(stop, open.interrupt()::isStopping);
        open.console().ends();
        if (trainer.clock().tells()) {
          expected
              .filter(e -> e.step() >= LEAST_SECONDS)
              .ifPresent(e -> err.print(e.beside(trainer.clock())));
          err.flush();
        }
        int stopped = Exchange.most(ranks, open.interrupt().stoppedBy());
        if (stopped != 0) {
          Interrupt.stopped(stopped);
        }
        TrainResult result = result(open, stopped != 0);
        if (result.interrupted() && !result.complete()) {
          say(told, interrupted(result));
        }
        ranks.close(); // an interrupted program is gone after what is told now
        if (first) {
          report.accept(result);
        }
        return result;
      }
    }
  }

  private static void say(PrintWriter told, String text) {
    told.println(text);
    told.flush();
  }

  /** Says what is to be known before the first step; returns how long steps should take. */
  private static Optional<RunEstimate> notes(
      TrainJob job, TrainSession open, HostShare host, int threads, PrintWriter err) {
    RunConfig c = job.run().config();
    if (!(open.device() instanceof CpuDevice)) {
      return Optional.empty();
    }
    if (c.precision() == RunConfig.Precision.BF16 && !DnnlLibrary.multipliesBf16()) {
      say(
          err,
          "precision bf16: this processor does not multiply bf16, so that products take no less"
              + " time than in f32");
    }
    long left = open.trainer().steps() - open.trainer().done();
    if (left == 0) {
      return Optional.empty();
    }
    RunEstimate estimate = RunForecast.of(job, host, threads);
    err.print(estimate.text(left));
    err.flush();
    return Optional.of(estimate);
  }

  private static TrainResult result(TrainSession open, boolean interrupted) {
    Trainer trainer = open.trainer();
    long done = trainer.done();
    Optional<Path> saved =
        done == 0 ? Optional.empty() : Optional.of(open.files().checkpoint(done));
    return new TrainResult(
        done, trainer.steps(), saved, trainer.folders(), trainer.badPictures(), interrupted);
  }

  private static String interrupted(TrainResult result) {
    return Text.format(
        "interrupted: %s of %d; start again to resume",
        result.done() == 0 ? "no step was completed" : "saved after step " + result.done(),
        result.steps());
  }
}
