package dev.lgc.runtime.cli;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Terminal;
import dev.lgc.runtime.train.TrainListener;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** Shows a run to the user: a progress bar with the losses. */
final class TrainConsole implements TrainListener, AutoCloseable {
  private final PrintWriter err;
  private final String name;
  private final boolean averaged;
  private volatile ProgressBar bar;
  private String losses = "";
  private String heldOut = "";

  /**
   * @param averaged whether the run has averages: held-out losses are of the parameters themselves
   */
  TrainConsole(PrintWriter err, String name, boolean averaged) {
    this.err = err;
    this.name = name;
    this.averaged = averaged;
  }

  /** Draws a bar on a terminal; a log gets no line for each part. */
  @Override
  public void scanned(long done, long all) {
    if (!Terminal.watched()) {
      return;
    }
    if (bar == null) {
      bar = Terminal.scan(all);
    }
    bar.update(done);
    if (done == all) {
      ends();
    }
  }

  @Override
  public void begins(long done, long steps) {
    if (done >= steps) {
      err.println("the run is complete: " + done + " steps are done");
      err.flush();
      return;
    }
    if (done > 0) {
      err.println("resuming from step " + done);
      err.flush();
    }
    bar = Terminal.bar("train " + name, steps, "step");
    bar.update(done, "");
  }

  @Override
  public void step(long done) {
    show(done);
  }

  /** Moves the bar; there is none while a run that was complete catches up on what it had left. */
  private void show(long done) {
    if (bar != null) {
      bar.update(done, losses + heldOut);
    }
  }

  @Override
  public void metrics(long done, Map<String, Double> values) {
    losses =
        values.entrySet().stream()
            .filter(e -> e.getKey().equals("loss") || e.getKey().endsWith(".loss"))
            .map(e -> e.getKey().replace(".loss", "") + " " + number(e.getValue()))
            .collect(Collectors.joining("  "));
    show(done);
  }

  @Override
  public void heldOut(long done, Map<String, Double> values) {
    heldOut =
        (averaged ? "  held out (raw weights) " : "  held out ")
            + values.values().stream().map(TrainConsole::number).collect(Collectors.joining(" "));
  }

  @Override
  public void note(String text) {
    say(text);
  }

  @Override
  public void warn(String text) {
    say("warning: " + text);
  }

  /** A line above the progress bar; any thread may say one. */
  void say(String text) {
    Runnable print =
        () -> {
          err.println(text);
          err.flush();
        };
    ProgressBar drawn = bar;
    if (drawn == null) {
      print.run();
    } else {
      drawn.above(print);
    }
  }

  @Override
  public void saved(long done, Path file) {
    show(done);
  }

  private static String number(double v) {
    return Text.format(Math.abs(v) >= 0.1 ? "%.3f" : "%.5f", v);
  }

  /** Ends the progress bar's line, so that something can be said below it. */
  void ends() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  @Override
  public void close() {
    ends();
  }
}
