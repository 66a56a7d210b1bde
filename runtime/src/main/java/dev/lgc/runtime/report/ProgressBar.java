package dev.lgc.runtime.report;

import dev.lgc.dsl.text.Text;
import java.io.PrintStream;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * The progress of long work: its share that is done, its rate, and the time that is left. On a
 * terminal one line is redrawn; otherwise, in a log, a plain line is printed every few seconds.
 * Goes to standard error by default, so that what a command prints can still be piped.
 *
 * <pre>
 *   train  37% [==============>                        ] 370/1000 step  12.4 step/s  50s left  loss 2.31
 * </pre>
 */
public final class ProgressBar implements AutoCloseable {
  private static final long REDRAW_NANOS = 100_000_000L;
  private static final long LINE_NANOS = 5_000_000_000L;

  private final String title;
  private final long total;
  private final String unit;
  private final PrintStream out;
  private final boolean terminal;
  private final IntSupplier columns;
  private final LongSupplier clock;
  private final long begin;
  private long from = -1;
  private long fromNanos;
  private long drawn;
  private long done;
  private String note = "";
  private boolean pending;
  private boolean rated = true;
  private int length;

  /**
   * A bar of your own.
   *
   * @param total how much there is to do, in {@code unit}s; 0 or less if it is not known
   * @param terminal whether {@code out} is a terminal, where lines can be redrawn
   * @param columns of the terminal, asked before each drawing: a line stays shorter than that
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  public ProgressBar(
      String title,
      long total,
      String unit,
      PrintStream out,
      boolean terminal,
      IntSupplier columns,
      LongSupplier clock) {
    this.title = title;
    this.total = total;
    this.unit = unit;
    this.out = out;
    this.terminal = terminal;
    this.columns = columns;
    this.clock = clock;
    this.begin = clock.getAsLong();
    this.drawn = begin - LINE_NANOS;
  }

  /** Leaves the rate out, where the command states one of its own that counts other time. */
  public ProgressBar withoutRate() {
    rated = false;
    return this;
  }

  /**
   * Says that {@code done} units are done; draws if it is time to. The first call, which may be
   * that of a resumed run, is where the rate is counted from.
   *
   * @param note what else to show, in a few words
   */
  public synchronized void update(long done, String note) {
    long now = clock.getAsLong();
    if (from < 0) {
      from = done;
      fromNanos = now;
    }
    this.done = done;
    this.note = note;
    this.pending = true;
    if (now - drawn >= (terminal ? REDRAW_NANOS : LINE_NANOS)) {
      draw(now);
    }
  }

  /** The same without a note. */
  public void update(long done) {
    update(done, "");
  }

  /** Ends a line that is being redrawn, so that something can be said below it. */
  public synchronized void endLine() {
    if (terminal && length > 0) {
      out.println();
      length = 0;
      out.flush();
    }
  }

  /** Lets {@code print} print lines above the bar, which is drawn again below them. */
  public synchronized void above(Runnable print) {
    if (terminal && length > 0) {
      out.print("\r" + " ".repeat(length) + "\r");
      out.flush();
      length = 0;
      pending = true;
    }
    print.run();
  }

  /** Draws the last state and ends the line. */
  @Override
  public synchronized void close() {
    if (pending) {
      draw(clock.getAsLong());
    }
    endLine();
    out.flush();
  }

  private void draw(long now) {
    drawn = now;
    pending = false;
    if (terminal) {
      // The last column stays free: some terminals go on to the next line when it is filled.
      int most = Math.max(1, columns.getAsInt() - 1);
      String line = fitted(now, most);
      out.print("\r" + line + " ".repeat(Math.max(0, Math.min(length, most) - line.length())));
      length = line.length();
      out.flush();
    } else {
      out.println(String.join("", title, percent(), count(), rates(now), said()));
    }
  }

  /** As much as there is room for: first the bar goes, then the note, the rate and the title. */
  private String fitted(long now, int most) {
    String begin = title + percent();
    String end = count() + rates(now);
    List<String> shorter =
        List.of(
            begin + bar(30) + end + said(),
            begin + bar(10) + end + said(),
            begin + end + said(),
            begin + end,
            begin + count(),
            (percent() + count()).strip(),
            (total > 0 ? percent() : count()).strip());
    return shorter.stream()
        .filter(line -> line.length() <= most)
        .findFirst()
        .orElseGet(
            () -> shorter.getLast().substring(0, Math.min(most, shorter.getLast().length())));
  }

  private double share() {
    return Math.clamp((double) done / total, 0.0, 1.0);
  }

  private String percent() {
    return total > 0 ? Text.format(" %3d%%", (int) (100 * share())) : "";
  }

  private String bar(int width) {
    if (total <= 0) {
      return "";
    }
    int full = (int) (width * share());
    String open = full < width ? ">" + " ".repeat(width - full - 1) : "";
    return " [" + "=".repeat(full) + open + "]";
  }

  private String count() {
    return total > 0
        ? Text.format(" %d/%d %s", done, total, unit)
        : Text.format(" %d %s", done, unit);
  }

  private String rates(long now) {
    StringBuilder s = new StringBuilder();
    double seconds = (now - fromNanos) * 1e-9;
    if (done > from && seconds > 0) {
      double rate = (done - from) / seconds;
      if (rated) {
        s.append("  ").append(rate(rate));
      }
      if (total > done) {
        s.append("  ").append(time((total - done) / rate)).append(" left");
      }
    }
    if (total > 0 && done >= total) {
      s.append("  in ").append(time((now - begin) * 1e-9));
    }
    return s.toString();
  }

  private String said() {
    return note.isEmpty() ? "" : "  " + note;
  }

  private String rate(double rate) {
    return rate >= 1 || rate == 0
        ? Text.format(rate >= 100 ? "%.0f %s/s" : "%.1f %s/s", rate, unit)
        : Text.format("%.1f s/%s", 1 / rate, unit);
  }

  /** Seconds as a person says them: {@code 42s}, {@code 3m10s}, {@code 2h05m}, {@code 3d04h}. */
  static String time(double seconds) {
    long s = Math.round(seconds);
    if (s < 60) {
      return s + "s";
    }
    if (s < 3600) {
      return Text.format("%dm%02ds", s / 60, s % 60);
    }
    return s < 86400
        ? Text.format("%dh%02dm", s / 3600, s % 3600 / 60)
        : Text.format("%dd%02dh", s / 86400, s % 86400 / 3600);
  }
}
