package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.ClassTable;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
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
   * How a cache's labels become the numbers of {@code run}; empty if they are the same.
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
   * Refuses classes that the model has not, and warns of those that are not trained.
   *
   * @param numbers as of {@link #numbers}
   * @return names of the classes that the codes have no picture of
   */
  static List<String> check(
      Path path,
      CodeCache cache,
      ClassNames run,
      int[] numbers,
      CheckedModel model,
      Consumer<String> warn) {
    BitSet seen = new BitSet();
    for (int i = 0; i < cache.info().count(); i++) {
      int label = cache.label(i);
      seen.set(numbers.length == 0 ? label : numbers[label]);
    }
    int has = run.known() ? run.size() : seen.length();
    OptionalInt classes = classes(model);
    if (classes.isPresent() && classes.getAsInt() < has) {
      throw BadInputException.in(
          path,
          has + " classes",
          "at most " + classes.getAsInt() + ", which " + model.name() + " has",
          "set the model's parameter `classes`");
    }
    if (classes.isPresent() && classes.getAsInt() > has && run.known()) {
      int last = classes.getAsInt() - 1;
      warn.accept(
          Text.format(
              "%s has %d classes and the codes have %d: %s not trained",
              model.name(),
              last + 1,
              has,
              last == has
                  ? "class " + has + " is"
                  : "classes " + has + (last == has + 1 ? " and " : " to ") + last + " are"));
    }
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

  /** How many classes a model has: what it says, or as many as its tables have rows for. */
  private static OptionalInt classes(CheckedModel model) {
    if (model.facts().get("classes") instanceof Number n) {
      return OptionalInt.of(n.intValue());
    }
    try {
      return ClassTable.of(model).stream().mapToInt(ClassTable::classes).min();
    } catch (BadInputException unfit) {
      return OptionalInt.empty();
    }
  }

  /** Which of {@code unseen} a run has never been shown, before its checkpoint either. */
  static List<String> neverSeen(List<String> unseen, Map<String, String> facts) {
    List<String> then = ClassNames.of(facts).names();
    List<String> unseenThen = ClassNames.unseen(facts);
    return unseen.stream().filter(n -> !then.contains(n) || unseenThen.contains(n)).toList();
  }
}
