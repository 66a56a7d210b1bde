package dev.lgc.runtime.estimate;

import dev.lgc.dsl.source.Source;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ImageFolder;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.train.TrainJob;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The run files that {@code lgc train --template} prints. */
public enum Template {
  tokenizer(15 * 60),
  generator(10 * 60);

  private static final String PICTURES = "pictures";

  /** Fewest and most steps of a small run, and to what they are rounded. */
  private static final long FEWEST = 300;

  private static final long MOST = 4000;
  private static final long ROUND = 50;

  /** Seconds that a small run is to compute for. */
  private final double seconds;

  Template(double seconds) {
    this.seconds = seconds;
  }

  /**
   * The run file with which the reference was trained, with every setting.
   *
   * @param pictures a folder with one sub-folder for each class, if one is named
   */
  public String text(Optional<Path> pictures) {
    String text = resource(name() + ".yaml");
    if (pictures.isEmpty()) {
      return text;
    }
    int classes = classes(pictures);
    return text.replace("  path: pictures\n", "  path: " + yaml(pictures.get()) + "\n")
        .replaceFirst("classes: 1000 {3}", classes > 0 ? "classes: " + classes + "   " : "$0");
  }

  /**
   * A first run, of as many steps as this machine does in some minutes.
   *
   * @param pictures a folder with one sub-folder for each class; {@code pictures} if none is named
   * @param threads that are to compute it
   */
  public String small(Optional<Path> pictures, int threads) {
    int classes = classes(pictures);
    String text =
        resource("small-" + name() + ".yaml")
            .replace("{pictures}", yaml(pictures.orElse(Path.of(PICTURES))))
            .replace(
                "{classes}",
                classes > 0
                    ? String.valueOf(classes)
                    : "10             # how many sub-folders your pictures are in");
    long steps = steps(sized(text, FEWEST, 1, threads));
    double minutes = steps * sized(text, FEWEST, 1, threads) / 60;
    return filled(text, steps, Math.max(1, Math.round(minutes)));
  }

  private long steps(double stepSeconds) {
    long most = (long) Math.clamp(seconds / stepSeconds, FEWEST, MOST);
    return most / ROUND * ROUND;
  }

  private static String filled(String text, long steps, long minutes) {
    return text.replace("{steps}", String.valueOf(steps))
        .replace("{minutes}", String.valueOf(minutes));
  }

  /** Seconds of a step of the run on this machine. */
  private double sized(String text, long steps, long minutes, int threads) {
    Source source = Source.of(name() + ".yaml", filled(text, steps, minutes));
    TrainJob job =
        TrainJob.of(UserError.orThrow(RunFile.parse(source, Path.of("").toAbsolutePath())));
    return PlanReport.ofRun(job, MachineLimits.knownOrMeasured(threads))
        .workload()
        .orElseThrow()
        .seconds();
  }

  /** The number of classes that the pictures have; 0 if there are no pictures yet. */
  private static int classes(Optional<Path> pictures) {
    Path folder = pictures.orElse(Path.of(PICTURES));
    if (pictures.isEmpty() && !Files.isDirectory(folder)) {
      return 0;
    }
    return ImageFolder.open(folder).classes().size();
  }

  /** A path as YAML has it: quoted where it is more than a word. */
  private static String yaml(Path path) {
    String text = path.toString();
    return text.matches("[A-Za-z0-9_./][A-Za-z0-9_./-]*") ? text : JsonText.of(text);
  }

  private static String resource(String name) {
    try (InputStream in = Template.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
