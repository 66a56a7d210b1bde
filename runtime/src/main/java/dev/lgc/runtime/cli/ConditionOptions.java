package dev.lgc.runtime.cli;

import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.data.TextFeatures;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.sample.Conditions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** What to draw, and how many of it. */
final class ConditionOptions {
  @ArgGroup private What what = new What();

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      description = "how many pictures; one for each class or caption by default")
  private int count;

  /** Classes or captions. */
  private static final class What {
    @Option(
        names = {"-c", "--class"},
        paramLabel = "CLASSES",
        description = "classes by name or number: 3,7 or 0-9 or cat,dog; all by default")
    private String classes;

    @Option(
        names = "--text-features",
        paramLabel = "F.safetensors",
        description =
            "features of captions from a text encoder: features [n, t, width], with mask [n, t]"
                + " or lengths [n]")
    private Path features;

    @Option(
        names = "--text",
        paramLabel = "CAPTION",
        description = "a caption; not yet: there is no text encoder, use --text-features")
    private String text;
  }

  /**
   * What each sample shall show.
   *
   * @param labels the classes by name; empty for captions
   */
  record Chosen(Conditions conditions, List<String> labels) {}

  /** Refuses what cannot be drawn, whatever the generator. */
  void check() {
    GridOptions.atLeast(0, "--count", count);
    if (what.text != null) {
      throw new BadInputException(
          "--text: there is no text encoder yet",
          "--text-features F.safetensors, computed by the encoder that the generator was trained"
              + " with",
          "docs/training.md says how to make them");
    }
  }

  /**
   * Captions, for a generator that draws them.
   *
   * @param features the opened file, see {@link #openFeatures}
   */
  Chosen captions(TextFeatures features) {
    return new Chosen(new Conditions.Captions(features, cycle(features.size())), List.of());
  }

  /** The features of captions; the caller closes them. */
  TextFeatures openFeatures() {
    if (what.features == null) {
      throw new BadInputException(
          what.classes == null ? "nothing says what to draw" : "--class",
          "--text-features F.safetensors",
          "the generator draws captions");
    }
    return TextFeatures.open(what.features);
  }

  /** Classes, for the generator of {@code about}. */
  Chosen classes(Checkpoint about, Outline outline) {
    if (what.features != null) {
      throw new BadInputException("--text-features", "--class", "the generator draws classes");
    }
    String known = about.facts().getOrDefault("classes", "");
    List<String> names = known.isEmpty() ? List.of() : List.of(known.split(","));
    Object most = outline.facts().get("classes");
    int classes = most instanceof Number n ? n.intValue() : names.size();
    int[] wanted = ClassList.parse(what.classes, names, classes);
    int[] labels = IntStream.of(cycle(wanted.length)).map(i -> wanted[i]).toArray();
    List<String> shown = new ArrayList<>();
    for (int l : labels) {
      shown.add(l < names.size() ? names.get(l) : String.valueOf(l));
    }
    return new Chosen(new Conditions.Classes(labels), shown);
  }

  /** All of {@code n} in turn, as many as are wanted. */
  private int[] cycle(int n) {
    return IntStream.range(0, count == 0 ? n : count).map(i -> i % n).toArray();
  }
}
