package dev.lgc.runtime.simulate;

import dev.lgc.compiler.rewrite.Rematerialize;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.report.Table;
import dev.lgc.runtime.simulate.Activity.Lane;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/**
 * The two lanes of a step drawn over its time. Kernels of one module that follow each other are one
 * block; a block tells its name and time where the pointer rests. The colours are those of the
 * reader's light or dark scheme.
 */
final class ScheduleDrawing {
  private static final int WIDTH = 1200;
  private static final int LEFT = 130;
  private static final int RIGHT = 24;
  private static final int TOP = 46;
  private static final int LANE = 56;
  private static final int GAP = 14;
  private static final int HEIGHT = TOP + 2 * LANE + GAP + 62;

  /** Width of a letter, about. */
  private static final double LETTER = 6.4;

  /** Narrower blocks become one with the next. */
  private static final double NARROW = 1;

  private static final String STYLE =
      """
      <style>
      text { fill: #1e293b; font: 12px sans-serif }
      line, rect { stroke: #94a3b8; stroke-width: .5 }
      .paper { fill: #ffffff; stroke: none }
      .forward { fill: #bfdbfe }
      .backward { fill: #fde68a }
      .again { fill: #fed7aa }
      .other { fill: #ddd6fe }
      .sent { fill: #bbf7d0 }
      .wait { fill: #fecaca }
      @media (prefers-color-scheme: dark) {
        text { fill: #e2e8f0 }
        line, rect { stroke: #64748b }
        .paper { fill: #0f172a }
        .forward { fill: #1e40af }
        .backward { fill: #854d0e }
        .again { fill: #9a3412 }
        .other { fill: #5b21b6 }
        .sent { fill: #166534 }
        .wait { fill: #991b1b }
      }
      </style>
      """;

  private final String title;
  private final Timeline timeline;
  private final double perSecond;
  private final StringBuilder s = new StringBuilder();

  ScheduleDrawing(String title, Timeline timeline) {
    this.title = title;
    this.timeline = timeline;
    this.perSecond = (WIDTH - LEFT - RIGHT) / Math.max(timeline.seconds(), 1e-12);
  }

  /** Something that is drawn from a start to an end. */
  private record Block(String name, String kind, double start, double end) {
    boolean continues(Block other) {
      return name.equals(other.name) && kind.equals(other.kind) && start - other.end < 1e-9;
    }

    /** Both as one: under the name of the longer. */
    Block with(Block next) {
      Block longer = next.end - next.start > end - start ? next : this;
      return new Block(longer.name, longer.kind, start, next.end);
    }
  }

  /** The drawing, as a file of its own. */
  String svg() {
    s.append(
        Text.format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " viewBox=\"0 0 %d %d\">%n",
            WIDTH, HEIGHT, WIDTH, HEIGHT));
    s.append(STYLE);
    s.append("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n");
    text(12, 24, "start", title);
    text(12, TOP + LANE / 2.0 + 4, "start", "computation");
    text(12, TOP + LANE + GAP + LANE / 2.0 + 4, "start", "communication");
    blocks(Lane.COMPUTATION).forEach(b -> draw(b, TOP));
    timeline.waits().forEach(w -> draw(new Block("waits", "wait", w.start(), w.end()), TOP));
    blocks(Lane.COMMUNICATION).forEach(b -> draw(b, TOP + LANE + GAP));
    axis();
    legend();
    return s.append("</svg>\n").toString();
  }

  private List<Block> blocks(Lane lane) {
    List<Block> all = new ArrayList<>();
    for (int i = 0; i < timeline.activities().size(); i++) {
      Activity a = timeline.activities().get(i);
      if (a.lane() != lane) {
        continue;
      }
      double start = timeline.starts().get(i);
      Block next = new Block(name(a, i), kind(a), start, start + a.seconds());
      if (!all.isEmpty()
          && (next.continues(all.getLast())
              || isNarrow(all.getLast())
                  && lane == Lane.COMPUTATION
                  && start - all.getLast().end() < 1e-9)) {
        all.add(all.removeLast().with(next));
      } else {
        all.add(next);
      }
    }
    return all;
  }

  private boolean isNarrow(Block b) {
    return (b.end() - b.start()) * perSecond < NARROW;
  }

  private static String name(Activity a, int number) {
    return a.isCollective() ? Text.format("%s (%d)", a.label(), number) : a.label();
  }

  private static String kind(Activity a) {
    if (a.isCollective()) {
      return "sent";
    }
    String[] words = a.label().split(" ", 2);
    if (words.length == 1) {
      return "forward";
    }
    return switch (words[1]) {
      case "grad" -> "backward";
      case Rematerialize.AGAIN -> "again";
      default -> "other";
    };
  }

  private void draw(Block b, int top) {
    double x = LEFT + b.start() * perSecond;
    double width = (b.end() - b.start()) * perSecond;
    s.append(
        Text.format(
            "<g><title>%s: %s from %s</title><rect class=\"%s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\""
                + " height=\"%d\"/>",
            escape(b.name()),
            Table.seconds(b.end() - b.start()),
            Table.seconds(b.start()),
            b.kind(),
            x,
            top,
            width,
            LANE));
    if (b.name().length() * LETTER < width - 6) {
      text(x + width / 2, top + LANE / 2.0 + 4, "middle", b.name());
    }
    s.append("</g>\n");
  }

  private void axis() {
    double y = TOP + 2 * LANE + GAP + 8.0;
    line(LEFT, y, WIDTH - RIGHT, y);
    double step = tick();
    for (int i = 0; i * step <= timeline.seconds(); i++) {
      double x = LEFT + i * step * perSecond;
      line(x, y, x, y + 5);
      text(x, y + 18, "middle", time(i * step));
    }
  }

  /** A time on the axis, all in one unit. */
  private String time(double seconds) {
    boolean small = timeline.seconds() < 1;
    return new BigDecimal(small ? seconds * 1e3 : seconds)
            .round(new MathContext(4))
            .stripTrailingZeros()
            .toPlainString()
        + (small ? " ms" : " s");
  }

  /** Seconds between two ticks: about ten of them, of 1, 2 or 5 times a power of ten. */
  private double tick() {
    double rough = Math.max(timeline.seconds(), 1e-9) / 10;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double head = rough / power;
    return power * (head <= 1 ? 1 : head <= 2 ? 2 : head <= 5 ? 5 : 10);
  }

  private void legend() {
    double x = LEFT;
    double y = HEIGHT - 22;
    for (String[] entry :
        new String[][] {
          {"forward", "forward"},
          {"backward", "backward"},
          {"again", "computed again"},
          {"other", "norm, update and the like"},
          {"sent", "collective"},
          {"wait", "computing waits"}
        }) {
      s.append(
          Text.format(
              "<rect class=\"%s\" x=\"%.0f\" y=\"%.0f\" width=\"12\" height=\"12\"/>%n",
              entry[0], x, y));
      text(x + 18, y + 10, "start", entry[1]);
      x += 40 + entry[1].length() * LETTER;
    }
  }

  private void line(double x1, double y1, double x2, double y2) {
    s.append(
        Text.format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n", x1, y1, x2, y2));
  }

  private void text(double x, double y, String anchor, String content) {
    s.append(
        Text.format(
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
            x, y, anchor, escape(content)));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
