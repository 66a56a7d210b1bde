package dev.lgc.runtime.cli;

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
import java.util.stream.Collectors;

/**
 * {@code lgc bench --tune}: measures the ways to compute a plan's kernels, and keeps the fastest.
 *
 * @param result what was found
 * @param file where it is kept
 */
record TuneRun(Tuner.Result result, Path file) {
  /**
   * Tunes, showing how far it is; what was found is kept as it goes.
   *
   * @throws BadInputException if the device has one way only to compute a kernel, or there is no
   *     time
   */
  static TuneRun of(Device device, ExecutionPlan plan, List<Step> steps, double seconds) {
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
    Tuning known = Tuning.read(folder, tunable.tuningKey(), Devices::warn);
    Path[] file = new Path[1];
    ProgressBar bar = Terminal.bar("tune", (long) Math.ceil(seconds), "s");
    long begin = System.nanoTime();
    Tuner.Watcher watcher =
        new Tuner.Watcher() {
          @Override
          public void begins(int done, int kernels, String name, int ways) {
            long spent = (System.nanoTime() - begin) / 1_000_000_000;
            bar.update(spent, Text.format("%d/%d kernels, %s %d ways", done, kernels, name, ways));
          }

          @Override
          public void ended(Tuning tuning) {
            file[0] = write(tuning, folder);
          }
        };
    try (bar) {
      Tuner.Result result =
          new Tuner(tunable, System::nanoTime, watcher).run(plan, steps, seconds, known);
      return new TuneRun(result, file[0]);
    }
  }

  private static Path write(Tuning tuning, Path folder) {
    try {
      return tuning.write(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** For people. */
  String text() {
    StringBuilder s = new StringBuilder();
    Table t = new Table().row("tuned", "guess", "found", "ways", "");
    for (Tuner.Row r : result.rows()) {
      Tuning.Found f = r.found();
      t.row(
          f.name(),
          Table.seconds(f.untuned()),
          r.guess().equals(f.way()) ? "the same" : Table.seconds(f.seconds()),
          f.tried() == r.ways() ? String.valueOf(r.ways()) : f.tried() + " of " + r.ways(),
          f.way());
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

  /** For scripts. */
  List<Map<String, Object>> json() {
    return result.rows().stream()
        .map(
            r -> {
              Map<String, Object> m = new LinkedHashMap<>();
              m.put("kernel", r.found().name());
              m.put("guess", r.guess());
              m.put("guess_seconds", r.found().untuned());
              m.put("found", r.found().way());
              m.put("seconds", r.found().seconds());
              m.put("tried", r.found().tried());
              m.put("ways", r.ways());
              m.put("problems", r.problems());
              return m;
            })
        .toList();
  }
}
