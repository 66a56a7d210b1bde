package dev.lgc.runtime.cli;

import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.model.RunFolder;
import dev.lgc.runtime.train.Listeners;
import dev.lgc.runtime.train.OpenResources;
import dev.lgc.runtime.train.RunLog;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainListener;
import dev.lgc.runtime.train.Trainer;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;

/**
 * A run that is open: closed together, in reverse order. Rank 0 holds the lock of the run's folder,
 * writes its log and shows how it goes.
 *
 * @param resources that are open
 * @param files of the run
 * @param device that computes
 * @param trainer of the model
 * @param console where rank 0 says how it goes; on other ranks nobody sees it
 * @param interrupt holds off Ctrl-C
 */
record TrainSession(
    OpenResources resources,
    RunFolder files,
    Device device,
    Trainer trainer,
    TrainConsole console,
    Interrupt interrupt)
    implements AutoCloseable {

  /** Opens the device of a run. */
  @FunctionalInterface
  interface Opener {
    /**
     * Opens it.
     *
     * @param threads of the CPU; 0 for all cores
     * @param ranks of the run
     */
    Device open(int threads, Ranks ranks);
  }

  /**
   * Opens a run.
   *
   * @param threads of the CPU
   * @param told what rank 0 says; what others say there nobody sees
   * @param err what any rank says
   * @param early what holds off Ctrl-C already; closed by others
   */
  static TrainSession open(
      TrainJob job,
      Opener opener,
      Ranks ranks,
      int threads,
      PrintWriter told,
      PrintWriter err,
      Optional<Interrupt> early) {
    OpenResources all = new OpenResources();
    try {
      RunFolder files = new RunFolder(job.run().resolve(job.run().config().checkpoint().dir()));
      Machine machine =
          SharedFailure.orNone(
              ranks,
              () -> machine(job, files, opener.open(threads, ranks), ranks, told, err, all),
              CommonEnd::text);
      Trainer trainer = all.add(new Trainer(job, machine.device, ranks, machine.listener));
      TrainConsole console = machine.console;
      Interrupt interrupt = early.orElseGet(() -> all.add(new Interrupt(console::say)));
      interrupt.sayBy(console::say);
      return new TrainSession(all, files, machine.device, trainer, console, interrupt);
    } catch (RuntimeException | Error e) {
      all.closeAfter(e);
      throw e;
    }
  }

  /** The parts of the machine that a run needs. */
  private record Machine(Device device, TrainConsole console, TrainListener listener) {}

  private static Machine machine(
      TrainJob job,
      RunFolder files,
      Device opened,
      Ranks ranks,
      PrintWriter told,
      PrintWriter err,
      OpenResources all) {
    Device device = all.add(opened);
    boolean first = ranks.rank() == 0;
    if (first) {
      all.add(
          job.run()
              .at("checkpoint.dir", () -> files.lock(text -> told.println("warning: " + text))));
    }
    TrainConsole console =
        all.add(new TrainConsole(told, job.model().name(), job.run().config().ema() > 0));
    return new Machine(
        device,
        console,
        first
            ? new Listeners(List.of(all.add(log(job, files, console)), console))
            : new OtherRank(ranks, err));
  }

  private static RunLog log(TrainJob job, RunFolder files, TrainConsole console) {
    return new RunLog(files, job.run().config().log().tensorboard(), console::warn);
  }

  @Override
  public void close() {
    resources.close();
  }
}
