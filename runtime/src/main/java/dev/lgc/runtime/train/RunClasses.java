package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.io.BadInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
   * Refuses more classes than the model has, and warns of those that are not trained.
   *
   * @param numbers as of {@link #numbers}
   */
  static void check(
      Path path,
      CodeCache cache,
      ClassNames run,
      int[] numbers,
      CheckedModel model,
      Consumer<String> warn) {
    Object fact = model.facts().get("classes");
    if (!(fact instanceof Number n) || !run.known()) {
      return;
    }
    int classes = n.intValue();
    if (classes < run.size()) {
      throw BadInputException.in(
          path,
          run.size() + " classes",
          "at most " + classes + ", which " + model.name() + " has",
          "set the model's parameter `classes`");
    }
    if (classes > run.size()) {
      warn.accept(
          "%s has %d classes and the codes have %d: %s"
              .formatted(
                  model.name(),
                  classes,
                  run.size(),
                  classes == run.size() + 1
                      ? "class " + run.size() + " is not trained"
                      : "classes " + run.size() + " to " + (classes - 1) + " are not trained"));
    }
    boolean[] seen = new boolean[run.size()];
    for (int i = 0; i < cache.info().count(); i++) {
      int label = cache.label(i);
      seen[numbers.length == 0 ? label : numbers[label]] = true;
    }
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < seen.length; i++) {
      if (!seen[i]) {
        missing.add("`" + run.names().get(i) + "`");
      }
    }
    if (!missing.isEmpty()) {
      warn.accept(
          "no codes of "
              + (missing.size() == 1 ? "the class " : "the classes ")
              + ClassNames.some(missing));
    }
  }
}
