package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.train.Listeners;
import dev.lgc.runtime.train.RunLog;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.Trainer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Training as commands do it: with a progress bar, a log, and Ctrl-C. */
final class Training {
  private Training() {}

  /**
   * What came of a run.
   *
   * @param done steps done in all
   * @param steps steps the run has
   * @param checkpoint the newest
   */
  record Result(long done, long steps, Path checkpoint) {
    boolean complete() {
      return done >= steps;
    }
  }

  /**
   * Trains to the end, until Ctrl-C, or until {@code stop} says so.
   *
   * @param err is told how it goes
   */
  static Result run(RunFile run, PrintWriter err, BooleanSupplier stop) throws IOException {
    RunConfig c = run.config();
    TrainJob job = TrainJob.of(run);
    Path folder = run.resolve(c.checkpoint().dir());
    try (Interrupt interrupt = new Interrupt();
        Device device = Devices.cpu(c.threads());
        RunLog log = new RunLog(folder, c.log().tensorboard());
        TrainConsole console = new TrainConsole(err, job.model().name())) {
      try (Trainer trainer = new Trainer(job, device, new Listeners(List.of(log, console)))) {
        trainer.run(() -> interrupt.requested() || stop.getAsBoolean());
        console.ends();
        Path saved = new CheckpointFolder(folder).file(trainer.done());
        if (interrupt.requested()) {
          err.println("stopped and saved after step " + trainer.done() + ": start again to go on");
          err.flush();
        }
        return new Result(trainer.done(), trainer.steps(), saved);
      }
    }
  }
}
