package dev.lgc.runtime.cli;

import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.TextFeatures;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.TextLines;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.sample.ChosenConditions;
import dev.lgc.runtime.sample.ClassList;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The classes or captions that are drawn, and the number of samples. */
final class ConditionOptions {
  @ArgGroup private What what = new What();

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      description = "number of images; by default one for each class or caption")
  @Range(min = 1, max = 1_000_000_000)
  private Integer count;

  /** Classes or captions. */
  private static final class What {
    @Option(
        names = {"-c", "--class"},
        paramLabel = "CLASSES",
        description =
            "classes by name or number, such as 3,7 or 0-9 or cat,dog; all by default. "
                + "Quote a name that looks like a number or has a comma: '\"7\",\"salt, pepper\"'")
    private String classes;

    @Option(
        names = "--class-file",
        paramLabel = "FILE",
        description = "a file with one class name per line, taken literally")
    private Path classFile;

    @Option(
        names = "--class-index",
        paramLabel = "NUMBERS",
        description = "classes by number, even if names are numbers too: 3,7 or 0-9")
    private String classIndex;

    @Option(
        names = "--text-features",
        paramLabel = "F.safetensors",
        description =
            "caption features from a text encoder: a tensor features [n, t, width], and "
                + "mask [n, t] or lengths [n]")
    private Path features;

    @Option(
        names = "--text",
        paramLabel = "CAPTION",
        description =
            "a caption; not available yet, as there is no text encoder: use --text-features")
    private String text;

    boolean classesGiven() {
      return classes != null || classFile != null || classIndex != null;
    }

    int[] classes(ClassList known, Consumer<String> warn) {
      if (classes != null) {
        return known.parse(classes);
      }
      if (classFile != null) {
        return known.named(TextLines.read(classFile));
      }
      if (classIndex == null) {
        return known.all();
      }
      int[] labels = known.numbered(classIndex);
      List<Integer> untrained = known.untrained(labels);
      if (!untrained.isEmpty()) {
        warn.accept(
            "the generator was not trained on "
                + (untrained.size() == 1 ? "class " : "classes ")
                + ClassNames.some(untrained.stream().map(String::valueOf).toList()));
      }
      return labels;
    }
  }

  /** Returns true if classes or captions are asked for by name. */
  boolean given() {
    return what.classesGiven() || what.features != null;
  }

  /** Refuses what cannot be drawn, whatever the generator. */
  void check() {
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
  ChosenConditions captions(TextFeatures features) {
    return ChosenConditions.captions(features, count());
  }

  /** The features of captions; the caller closes them. */
  TextFeatures openFeatures() {
    if (what.features == null) {
      throw new BadInputException(
          what.classesGiven() ? "--class" : "no class or caption is given",
          "--text-features F.safetensors",
          "the generator draws captions");
    }
    return TextFeatures.open(what.features);
  }

  /**
   * Classes, for the generator of {@code about}.
   *
   * @param warn is told of classes that it was not trained on
   */
  ChosenConditions classes(Checkpoint about, Outline outline, Consumer<String> warn) {
    if (what.features != null) {
      throw new BadInputException("--text-features", "--class", "the generator draws classes");
    }
    return ChosenConditions.classes(
        about, outline, known -> what.classes(known, warn), count(), warn);
  }

  private OptionalInt count() {
    return count == null ? OptionalInt.empty() : OptionalInt.of(count);
  }
}
