package dev.lgc.examples;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ImageFolder;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.report.NearestNeighbours;
import dev.lgc.runtime.report.NearestNeighbours.Feature;
import dev.lgc.runtime.train.Pictures;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The share of samples that look like the class they were drawn for, judged by their nearest
 * neighbours among the real pictures of training. Arguments: a tokenizer's run file, which names
 * those pictures; a folder that {@code lgc sample --images-out} wrote; the number of neighbours
 * that vote; pixels or shape.
 */
public final class ClassAccuracy {
  private ClassAccuracy() {}

  /**
   * The shares of images that look like their class, 0 to 1.
   *
   * @param samples the number of samples
   * @param ofSamples the share of samples
   * @param ofReal the share of held-out real pictures, which a perfect generator would reach
   * @param chance the share that a generator which ignores the class would reach
   */
  record Result(int samples, double ofSamples, Optional<Double> ofReal, double chance) {
    @Override
    public String toString() {
      String real = ofReal.map(r -> Text.format("; of held-out real pictures %.3f", r)).orElse("");
      return Text.format(
          "%d samples: %.3f look like their class%s; chance is %.3f",
          samples, ofSamples, real, chance);
    }
  }

  public static void main(String[] args) {
    RunFile run = UserError.orThrow(RunFile.read(Path.of(args[0])));
    Pictures real = Pictures.open(run, run.config().data().orElseThrow(), 1, run.config().seed());
    int k = args.length > 2 ? Integer.parseInt(args[2]) : 5;
    Feature feature =
        args.length > 3 ? Feature.valueOf(args[3].toUpperCase(Locale.ROOT)) : Feature.PIXELS;
    System.out.println(of(real, ImageFolder.open(Path.of(args[1])), k, feature));
  }

  /** Judges {@code samples} by {@code k} neighbours; their classes must be among the real ones. */
  static Result of(Pictures real, PictureSource samples, int k, Feature feature) {
    NearestNeighbours judge = NearestNeighbours.fit(real.train(), feature, k);
    List<String> classes = judge.classes();
    int[] seen = new int[classes.size()];
    int[] wanted = new int[classes.size()];
    int right = 0;
    Picture p = new Picture();
    for (int i = 0; i < samples.size(); i++) {
      samples.read(i, p);
      int want = classes.indexOf(samples.classes().get(samples.label(i)));
      if (want < 0) {
        throw new IllegalArgumentException(samples.name(i) + " is of none of " + classes);
      }
      int is = judge.classify(p);
      seen[is]++;
      wanted[want]++;
      right += is == want ? 1 : 0;
    }
    double n = samples.size();
    double chance = 0;
    for (int c = 0; c < seen.length; c++) {
      chance += seen[c] / n * (wanted[c] / n);
    }
    return new Result(samples.size(), right / n, real.heldOut().map(judge::accuracy), chance);
  }
}
