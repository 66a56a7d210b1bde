package dev.lgc.runtime.report;

import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Curves of a run's metrics over its steps, as a PNG of 900 by 560 pixels: each point pale, and a
 * smoothed line through them.
 */
public final class LossCurve {
  private static final int MOST_POINTS = 1500;
  private static final Color[] COLORS = {
    new Color(0x2563eb), new Color(0xdc2626), new Color(0x059669), new Color(0x9333ea)
  };

  private LossCurve() {}

  /**
   * Draws metrics of a {@link MetricsLog}.
   *
   * @param names which ones; those that the log does not have are left out
   * @throws BadInputException if the log cannot be read or has none of them, or this machine has no
   *     fonts
   */
  public static void draw(Path log, Path png, List<String> names) throws IOException {
    List<MetricsLog.Row> rows = MetricsLog.read(log);
    XYChart chart =
        new XYChartBuilder()
            .width(900)
            .height(560)
            .title("")
            .xAxisTitle("step")
            .yAxisTitle(names.size() == 1 ? names.getFirst() : "")
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setXAxisMin(0.0);
    chart.getStyler().setLocale(Locale.ROOT);
    int drawn = 0;
    for (String name : names) {
      drawn += add(chart, rows, name, COLORS[drawn % COLORS.length]);
    }
    if (drawn == 0) {
      throw BadInputException.in(
          log, "no value of " + String.join(", ", names), "at least one", "let it run a few steps");
    }
    AtomicFiles.writeBytes(png, PngGrid.png(render(chart)));
  }

  private static BufferedImage render(XYChart chart) {
    try {
      return BitmapEncoder.getBufferedImage(chart);
    } catch (LinkageError | InternalError | RuntimeException e) {
      throw new BadInputException(
          "this machine has no fonts to draw a curve with",
          "fontconfig and a font",
          "install fonts-dejavu-core and fontconfig",
          e);
    }
  }

  private static int add(XYChart chart, List<MetricsLog.Row> rows, String name, Color color) {
    double[][] points =
        rows.stream()
            .filter(r -> Double.isFinite(r.values().getOrDefault(name, Double.NaN)))
            .map(r -> new double[] {r.step(), r.values().get(name)})
            .toArray(double[][]::new);
    if (points.length == 0) {
      return 0;
    }
    double[][] line = thin(smooth(points));
    double[][] cloud = thin(points);
    XYSeries raw = chart.addSeries(name + " (each)", column(cloud, 0), column(cloud, 1));
    raw.setMarker(SeriesMarkers.NONE);
    raw.setShowInLegend(false);
    raw.setLineColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), 60));
    XYSeries smooth = chart.addSeries(name, column(line, 0), column(line, 1));
    smooth.setMarker(SeriesMarkers.NONE);
    smooth.setLineColor(color);
    return 1;
  }

  /** The mean over about a fortieth of the points around each, over fewer towards both ends. */
  static double[][] smooth(double[][] points) {
    double[] sums = new double[points.length + 1];
    for (int i = 0; i < points.length; i++) {
      sums[i + 1] = sums[i] + points[i][1];
    }
    double[][] out = new double[points.length][];
    for (int i = 0; i < points.length; i++) {
      int reach = Math.min(points.length / 80, Math.min(i, points.length - 1 - i));
      double mean = (sums[i + reach + 1] - sums[i - reach]) / (2 * reach + 1);
      out[i] = new double[] {points[i][0], mean};
    }
    return out;
  }

  /** At most {@value #MOST_POINTS} of the points, evenly, with the last. */
  private static double[][] thin(double[][] points) {
    int every = (points.length + MOST_POINTS - 1) / MOST_POINTS;
    int n = (points.length + every - 1) / every;
    double[][] out = new double[n][];
    Arrays.setAll(out, i -> points[i == n - 1 ? points.length - 1 : i * every]);
    return out;
  }

  private static double[] column(double[][] points, int c) {
    return Arrays.stream(points).mapToDouble(p -> p[c]).toArray();
  }
}
