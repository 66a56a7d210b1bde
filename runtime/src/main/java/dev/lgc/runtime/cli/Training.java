package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.device.cpu.dnnl.DnnlLibrary;
import dev.lgc.runtime.estimate.PlanReport;
import dev.lgc.runtime.estimate.RunEstimate;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.FolderLock;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.model.RunFolder;
import dev.lgc.runtime.train.Listeners;
import dev.lgc.runtime.train.RunLog;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainMemory;
import dev.lgc.runtime.train.TrainResult;
import dev.lgc.runtime.train.Trainer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** Training as commands do it: with a progress bar, a log, and Ctrl-C. */
final class Training {
  private Training() {}

  private static void warn(PrintWriter err, String text) {
    err.println("warning: " + text);
    err.flush();
  }

  private static FolderLock lock(Path folder, Consumer<String> warn) {
    try {
      return FolderLock.acquire(
          folder, "a run", "let it end, or give this run a `checkpoint.dir` of its own", warn);
    } catch (IOException e) {
      throw new BadInputException(
          IoReason.of(e),
          "a folder that can be written to",
          "give the run another `checkpoint.dir`",
          e);
    }
  }

  /** What to expect of the steps that are left. */
  private static String expected(TrainJob job, long steps, int threads) {
    MachineLimits.Found on = MachineLimits.knownOrMeasured(threads);
    return RunEstimate.of(job, PlanReport.ofRun(job, on), on).text(steps);
  }

  /**
   * Trains to the end, until Ctrl-C, or until {@code stop} says so. Ctrl-C gives up the step in
   * progress, or lets it finish once it has changed a parameter, and saves what is done; before the
   * first step, and after the last, it ends the program at once.
   *
   * @param opener opens the device, given how many CPU threads the run has
   * @param err is told how it goes
   * @param report is told what came of it while Ctrl-C is still held off: after it, an interrupted
   *     program is gone
   */
  static TrainResult run(
      RunFile run,
      IntFunction<Device> opener,
      PrintWriter err,
      BooleanSupplier stop,
      Consumer<TrainResult> report)
      throws IOException {
    RunConfig c = run.config();
    Outputs.check(run);
    TrainJob job = TrainJob.of(run);
    TrainMemory.require(job, MemoryBounds.here(), text -> warn(err, text));
    Path folder = run.resolve(c.checkpoint().dir());
    try (FolderLock lock = run.at("checkpoint.dir", () -> lock(folder, text -> warn(err, text)));
        Device device = opener.apply(c.threads());
        TrainConsole console = new TrainConsole(err, job.model().name(), c.ema() > 0);
        RunLog log = new RunLog(new RunFolder(folder), c.log().tensorboard(), console::warn);
        Trainer trainer = new Trainer(job, device, new Listeners(List.of(log, console)));
        Interrupt interrupt = new Interrupt(console::say)) {
      if (c.precision() == RunConfig.Precision.BF16
          && device instanceof CpuDevice
          && !DnnlLibrary.multipliesBf16()) {
        err.println(
            "precision bf16: this processor does not multiply bf16, so that products take no less"
                + " time than in f32");
        err.flush();
      }
      if (device instanceof CpuDevice && trainer.done() < trainer.steps()) {
        err.print(expected(job, trainer.steps() - trainer.done(), Devices.threads(c.threads())));
        err.flush();
      }
      trainer.run(stop, interrupt::requested);
      console.ends();
      long done = trainer.done();
      Optional<Path> saved =
          done == 0 ? Optional.empty() : Optional.of(new RunFolder(folder).checkpoint(done));
      TrainResult result =
          new TrainResult(
              done,
              trainer.steps(),
              saved,
              trainer.folders(),
              trainer.badPictures(),
              interrupt.requested());
      if (result.interrupted() && !result.complete()) {
        err.println(
            "interrupted: "
                + (done == 0 ? "no step was done" : "saved after step " + done)
                + " of "
                + trainer.steps()
                + "; start again to go on");
        err.flush();
      }
      report.accept(result);
      return result;
    }
  }
}
