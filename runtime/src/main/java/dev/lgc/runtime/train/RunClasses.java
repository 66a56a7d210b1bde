package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.IndexBound;
import dev.lgc.runtime.model.InputKind;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** The classes of a run that is trained on codes: which number a model knows each by. */
final class RunClasses {
  private RunClasses() {}

  /**
   * The classes that a run trains: those of its codes, under the numbers that the run gave them
   * earlier where that is asked for.
   *
   * @param facts of the checkpoint that the run goes on from; empty if it begins
   * @param warn is told of classes that are taken for others
   */
  static ClassNames of(
      ClassNames codes,
      RunConfig.Codes.Classes how,
      Map<String, String> facts,
      Consumer<String> warn) {
    if (codes.agreesWith(facts)) {
      return codes;
    }
    ClassNames earlier = ClassNames.of(facts);
    return switch (how) {
      case REFUSE -> codes; // Resume refuses them, when all else has been found sound
      case BY_NAME -> codes.after(earlier);
      case BY_NUMBER -> {
        warn.accept("classes by number: " + codes.differenceFrom(earlier));
        yield codes;
      }
    };
  }

  /**
   * The number of {@code run} for each label of a cache; empty if they are the same.
   *
   * @throws BadInputException if the cache has a class that the run has not
   */
  static int[] numbers(Path path, ClassNames cache, ClassNames run) {
    if (!cache.known() || !run.known()) {
      return new int[0];
    }
    int[] numbers = cache.in(run);
    List<String> strange =
        IntStream.range(0, numbers.length)
            .filter(i -> numbers[i] < 0)
            .mapToObj(i -> "`" + cache.names().get(i) + "`")
            .toList();
    if (!strange.isEmpty()) {
      throw BadInputException.in(
          path,
          "held-out codes of "
              + (strange.size() == 1 ? "the class " : "the classes ")
              + ClassNames.some(strange),
          "classes of the codes that are trained on: " + ClassNames.some(run.names()),
          "");
    }
    boolean same = IntStream.range(0, numbers.length).allMatch(i -> numbers[i] == i);
    return same ? new int[0] : numbers;
  }

  /**
   * Warns of classes that are not trained, for there is no picture of them.
   *
   * @param numbers as of {@link #numbers}
   * @return names of the classes that the codes have no picture of
   */
  static List<String> unseen(
      CodeCache cache, ClassNames run, int[] numbers, Consumer<String> warn) {
    BitSet seen = seen(cache, numbers);
    List<String> unseen =
        IntStream.range(0, run.size())
            .filter(i -> !seen.get(i))
            .mapToObj(run.names()::get)
            .toList();
    if (!unseen.isEmpty()) {
      warn.accept(
          "no codes of "
              + (unseen.size() == 1 ? "the class " : "the classes ")
              + ClassNames.some(unseen.stream().map(n -> "`" + n + "`").toList()));
    }
    return unseen;
  }

  private static BitSet seen(CodeCache cache, int... numbers) {
    BitSet seen = new BitSet();
    for (int i = 0; i < cache.info().count(); i++) {
      int label = cache.label(i);
      seen.set(numbers.length == 0 ? label : numbers[label]);
    }
    return seen;
  }

  /**
   * Refuses codes of classes that the model has not.
   *
   * @param run the run's classes
   * @param numbers as of {@link #numbers}
   * @return how many classes the codes have
   */
  static int require(
      Path path, CodeCache cache, ClassNames run, int[] numbers, CheckedModel model) {
    int has = Math.max(run.size(), seen(cache, numbers).length());
    require(path.toString(), has, model);
    return has;
  }

  /**
   * Refuses data of more classes than the model has.
   *
   * @param data whose classes they are, for the message
   * @throws BadInputException naming both numbers
   */
  static void require(String data, int classes, CheckedModel model) {
    Optional<IndexBound> bound = IndexBound.of(model, InputKind.LABEL);
    OptionalInt has = classes(model, bound);
    if (has.isPresent() && has.getAsInt() < classes) {
      throw new BadInputException(
          Text.format("%s: %d %s", data, classes, classes == 1 ? "class" : "classes"),
          Text.format(
              "at most %d, which %s has%s",
              has.getAsInt(),
              model.name(),
              bound
                  .filter(b -> b.values() == has.getAsInt())
                  .map(b -> " (" + b.where() + ")")
                  .orElse("")),
          "set the model's parameter `classes`");
    }
  }

  /**
   * Warns of classes of the model that the data have not.
   *
   * @param data as in {@code the codes have 5}
   */
  static void warnOfMore(String data, int classes, CheckedModel model, Consumer<String> warn) {
    OptionalInt has = classes(model, IndexBound.of(model, InputKind.LABEL));
    if (has.isPresent() && has.getAsInt() > classes) {
      int last = has.getAsInt() - 1;
      warn.accept(
          Text.format(
              "%s has %d classes and %s have %d: %s not trained",
              model.name(),
              last + 1,
              data,
              classes,
              last == classes
                  ? "class " + classes + " is"
                  : "classes "
                      + classes
                      + (last == classes + 1 ? " and " : " to ")
                      + last
                      + " are"));
    }
  }

  /**
   * The number of classes that a model has: as many as it says, but no more than it can select by.
   */
  private static OptionalInt classes(CheckedModel model, Optional<IndexBound> bound) {
    IntStream said =
        model.facts().get("classes") instanceof Number n
            ? IntStream.of(n.intValue())
            : IntStream.empty();
    return IntStream.concat(said, bound.stream().mapToInt(IndexBound::values)).min();
  }

  /** Those of {@code unseen} that a run has never been shown, before its checkpoint either. */
  static List<String> neverSeen(List<String> unseen, Map<String, String> facts) {
    List<String> then = ClassNames.of(facts).names();
    List<String> unseenThen = ClassNames.unseen(facts);
    return unseen.stream().filter(n -> !then.contains(n) || unseenThen.contains(n)).toList();
  }
}
