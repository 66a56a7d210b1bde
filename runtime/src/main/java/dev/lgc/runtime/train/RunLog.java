package dev.lgc.runtime.train;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.IoReason;
import dev.lgc.runtime.model.RunFolder;
import dev.lgc.runtime.report.LossCurve;
import dev.lgc.runtime.report.MetricsLog;
import dev.lgc.runtime.report.TensorBoardWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Writes a run's numbers into its folder: its log, TensorBoard's events, and at each checkpoint the
 * curves of its losses.
 */
public final class RunLog implements TrainListener, AutoCloseable {
  private final RunFolder folder;
  private final boolean tensorboard;
  private final Consumer<String> warn;
  private MetricsLog metrics;
  private TensorBoardWriter events;
  private final Set<String> losses = new LinkedHashSet<>();
  private final Set<Path> failing = new HashSet<>();

  /**
   * Of the run in {@code folder}.
   *
   * @param warn is told what could not be written, and why: no run ends for that
   */
  public RunLog(RunFolder folder, boolean tensorboard, Consumer<String> warn) {
    this.folder = folder;
    this.warn = warn;
    this.tensorboard = tensorboard;
  }

  @Override
  public void begins(long done, long steps) {
    attempt(
        folder.metrics(),
        () -> {
          Path log = folder.metrics();
          metrics = opened(log, done);
          if (done > 0) {
            // A run that goes on draws the curves that it would have drawn.
            MetricsLog.read(log).forEach(row -> addLosses(row.values().keySet()));
          }
        });
    if (tensorboard) {
      attempt(folder.events(), () -> events = TensorBoardWriter.open(folder.events(), done));
    }
  }

  /**
   * Opens the log. A file that is no log is moved aside: a run trains without its earlier numbers
   * too.
   */
  private MetricsLog opened(Path log, long done) throws IOException {
    try {
      return MetricsLog.open(log, done);
    } catch (BadInputException e) {
      Path aside = folder.badMetrics();
      Files.move(log, aside);
      warn.accept(e.what() + ": it is now " + aside.getFileName() + ", and a new log begins");
      return MetricsLog.open(log, done);
    }
  }

  private interface Write {
    void run() throws IOException;
  }

  /** Does {@code write}, or warns that it failed: the first time, and again after it succeeded. */
  private void attempt(Path file, Write write) {
    try {
      write.run();
      failing.remove(file);
    } catch (IOException e) {
      if (failing.add(file)) {
        warn.accept(file + " is not written: " + IoReason.of(e));
      }
    } catch (BadInputException e) {
      if (failing.add(file)) {
        warn.accept(file + " is not written: " + e.what()); // such as a machine without fonts
      }
    }
  }

  @Override
  public void metrics(long done, Map<String, Double> values) {
    write(done, values);
  }

  @Override
  public void heldOut(long done, Map<String, Double> values) {
    Map<String, Double> named = new LinkedHashMap<>();
    values.forEach(
        (k, v) -> named.put(values.size() == 1 ? "held_out_loss" : k + ".held_out_loss", v));
    write(done, named);
  }

  private void write(long done, Map<String, Double> values) {
    if (metrics != null) {
      attempt(folder.metrics(), () -> metrics.append(done, values));
    }
    if (events != null) {
      attempt(
          folder.events(),
          () -> {
            for (Map.Entry<String, Double> v : values.entrySet()) {
              events.scalar(v.getKey(), done, v.getValue());
            }
          });
    }
    addLosses(values.keySet());
  }

  private void addLosses(Set<String> names) {
    names.stream()
        .filter(k -> k.equals("loss") || k.endsWith(".loss") || k.endsWith("held_out_loss"))
        .forEach(losses::add);
  }

  @Override
  public void saved(long done, Path file) {
    if (losses.isEmpty()) {
      return;
    }
    try {
      attempt(
          folder.lossCurve(),
          () -> LossCurve.draw(folder.metrics(), folder.lossCurve(), List.copyOf(losses)));
    } catch (BadInputException e) {
      return; // this machine has no fonts: the numbers are in the log
    } catch (IllegalStateException e) {
      return; // the program was told to end before it had drawn anything: AWT no longer starts
    }
  }

  @Override
  public void close() throws IOException {
    if (metrics != null) {
      metrics.close();
    }
    if (events != null) {
      events.close();
    }
  }
}
