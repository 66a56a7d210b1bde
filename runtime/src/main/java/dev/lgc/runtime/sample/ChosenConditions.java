package dev.lgc.runtime.sample;

import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.TextFeatures;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Checkpoint;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The condition of each sample that is drawn.
 *
 * @param conditions one for each sample
 * @param labels text below the pictures, which show the classes in turn; empty for captions
 * @param folders of the classes, in the same order; empty for captions
 */
public record ChosenConditions(Conditions conditions, List<String> labels, List<String> folders) {

  /** The text below a sample's picture; none for captions. */
  public Optional<String> label(int sample) {
    return inTurn(labels, sample);
  }

  /** The folder of a sample's class; none for captions. */
  public Optional<String> folder(int sample) {
    return inTurn(folders, sample);
  }

  private static Optional<String> inTurn(List<String> all, int sample) {
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(sample % all.size()));
  }

  /**
   * The first captions of a file, for a generator that draws captions.
   *
   * @param count how many; all if empty
   */
  public static ChosenConditions captions(TextFeatures features, OptionalInt count) {
    int some = Math.min(count.orElse(features.size()), features.size());
    int[] rows = IntStream.range(0, some).toArray();
    return new ChosenConditions(
        counted(new Conditions.Captions(features, rows), count), List.of(), List.of());
  }

  /**
   * Classes in turn, for a generator that draws classes.
   *
   * @param about the generator's checkpoint, which names its classes
   * @param outline the generator
   * @param choose the numbers of the classes that are wanted
   * @param count samples; one for each class if empty
   * @param warn is told of classes that the generator was not trained on
   * @throws BadInputException if the number of the generator's classes is not known
   */
  public static ChosenConditions classes(
      Checkpoint about,
      Outline outline,
      Function<ClassList, int[]> choose,
      OptionalInt count,
      Consumer<String> warn) {
    ClassNames names = ClassNames.of(about.facts());
    Object most = outline.facts().get("classes");
    int classes = most instanceof Number n ? n.intValue() : names.size();
    if (classes == 0) {
      throw new BadInputException(
          outline.name() + " does not say how many classes it has",
          "`let classes = …` in it, or weights that name their classes",
          "");
    }
    int[] wanted = choose.apply(new ClassList(names, classes));
    List<String> unseen = ClassNames.unseen(about.facts());
    List<String> asked =
        IntStream.of(wanted).mapToObj(names::shown).distinct().filter(unseen::contains).toList();
    if (!asked.isEmpty()) {
      warn.accept(
          "the generator was trained without pictures of "
              + ClassNames.some(asked.stream().map(n -> "`" + n + "`").toList()));
    }
    ClassFolders folders = new ClassFolders(names);
    return new ChosenConditions(
        counted(new Conditions.Classes(wanted), count),
        IntStream.of(wanted).mapToObj(names::shown).toList(),
        IntStream.of(wanted).mapToObj(folders::of).toList());
  }

  /** All of them in turn, as many as are wanted. */
  private static Conditions counted(Conditions all, OptionalInt count) {
    return new Conditions.Cycle(all, count.orElse(all.size()));
  }
}
