package dev.lgc.runtime.bench;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.report.ProgressBar;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.report.Terminal;
import dev.lgc.runtime.tune.Tunable;
import dev.lgc.runtime.tune.Tuner;
import dev.lgc.runtime.tune.Tuning;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A run of the autotuner on a plan, {@code lgc bench --tune}: the schedules of its kernels are
 * measured, and the fastest are kept.
 *
 * @param result the schedules that were found
 * @param file the file that keeps them; null if nothing was measured
 */
public record TuningRun(Tuner.Result result, Path file) {
  /**
   * Tunes, with a progress bar; results are kept as they come.
   *
   * @param steps whose kernels are tuned
   * @param seconds to spend
   * @param warn is told of kept results that cannot be read
   * @throws BadInputException if the device has one schedule only for a kernel, or there is no time
   */
  public static TuningRun of(
      Device device, ExecutionPlan plan, List<Step> steps, double seconds, Consumer<String> warn) {
    if (!(device instanceof Tunable tunable)) {
      throw new BadInputException(
          "--tune on " + device.name(),
          "a device whose schedules are chosen by measuring",
          Targets.ALL.stream()
              .filter(Target::isTunable)
              .map(t -> "--device " + t.device())
              .collect(Collectors.joining(" or ")));
    }
    Path folder = Tuning.userFolder();
    Tuning known = Tuning.read(folder, tunable.tuningKey(), warn);
    Path[] file = new Path[1];
    ProgressBar bar = Terminal.bar("tune", (long) Math.ceil(seconds), "s");
    long begin = System.nanoTime();
    Tuner.Watcher watcher =
        new Tuner.Watcher() {
          @Override
          public void begins(int done, int kernels, String name, int candidates) {
            long spent = (System.nanoTime() - begin) / 1_000_000_000;
            bar.update(
                spent,
                Text.format("%d/%d kernels, %s %d schedules", done, kernels, name, candidates));
          }

          @Override
          public void ended(Tuning tuning) {
            file[0] = write(tuning, folder);
          }
        };
    try (bar) {
      Tuner.Result result =
          new Tuner(tunable, System::nanoTime, watcher).run(plan, steps, seconds, known);
      return new TuningRun(result, file[0]);
    }
  }

  private static Path write(Tuning tuning, Path folder) {
    try {
      return tuning.write(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The result for people. */
  public String text() {
    StringBuilder s = new StringBuilder();
    Table t = new Table().row("tuned", "guess", "found", "tried", "");
    for (Tuner.Row r : result.rows()) {
      Tuning.Best f = r.found();
      t.row(
          f.name(),
          Table.seconds(f.untuned()),
          r.guess().equals(f.schedule()) ? "the same" : Table.seconds(f.seconds()),
          f.tried() == r.candidates()
              ? String.valueOf(r.candidates())
              : f.tried() + " of " + r.candidates(),
          f.schedule());
    }
    if (!result.rows().isEmpty()) {
      s.append(t.text(0));
    }
    for (Tuner.Row r : result.rows()) {
      r.problems().forEach(p -> s.append(Text.format("not used: %s, %s%n", r.found().name(), p)));
    }
    s.append(Text.format("%d kernels measured", result.rows().size()));
    s.append(result.known() == 0 ? "" : Text.format(", %d known before", result.known()));
    s.append(result.left() == 0 ? "" : Text.format(", %d left for another time", result.left()));
    s.append(file == null ? "" : "; kept in " + file);
    return s.append(System.lineSeparator()).toString();
  }

  /** The result for scripts. */
  public List<Map<String, Object>> json() {
    return result.rows().stream()
        .map(
            r -> {
              Map<String, Object> m = new LinkedHashMap<>();
              m.put("kernel", r.found().name());
              m.put("guess", r.guess());
              m.put("guess_seconds", r.found().untuned());
              m.put("found", r.found().schedule());
              m.put("seconds", r.found().seconds());
              m.put("tried", r.found().tried());
              m.put("candidates", r.candidates());
              m.put("problems", r.problems());
              return m;
            })
        .toList();
  }
}
