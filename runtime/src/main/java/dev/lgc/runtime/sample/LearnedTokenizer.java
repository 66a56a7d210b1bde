package dev.lgc.runtime.sample;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.IdentifiedWeights;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.model.WeightsOf;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BiFunction;

/**
 * The tokenizer whose codes a generator learned.
 *
 * @param identity of its weights, which the generator's checkpoint remembers
 * @param hint for the user who names another one
 */
public record LearnedTokenizer(String identity, String hint) {

  /** The fact of a generator's checkpoint that has the identity of its tokenizer. */
  public static final String FACT = "tokenizer";

  /**
   * Loads its weights: the averages of its parameters, or the parameters, as the codes were made.
   * One at a time is in memory.
   *
   * @param candidates weights of the file that may be it, by preference
   * @param listener is told what the user should know of those that are it
   * @param load loads a candidate
   * @throws BadInputException if none of them is it
   */
  public <T extends IdentifiedWeights> T load(
      List<WeightsOf> candidates,
      WeightsListener listener,
      BiFunction<WeightsOf, WeightsListener, T> load) {
    List<String> found = new ArrayList<>();
    Path file = null;
    for (WeightsOf candidate : candidates) {
      Deferred deferred = new Deferred(listener, new ArrayDeque<>());
      T loaded = load.apply(candidate, deferred);
      try {
        String has = loaded.identity();
        if (has.equals(identity)) {
          deferred.said().forEach(Runnable::run);
          return loaded;
        }
        found.add(has);
        file = loaded.file();
      } catch (RuntimeException | Error e) {
        loaded.close();
        throw e;
      }
      loaded.close();
    }
    throw BadInputException.in(
        file,
        "tokenizer "
            + found.getFirst()
            + (found.size() > 1 ? ", or " + found.getLast() + " by its raw weights" : ""),
        "tokenizer " + identity + ", whose codes the generator learned",
        hint);
  }

  /** Keeps what is said until it is known of which weights. */
  private record Deferred(WeightsListener to, Deque<Runnable> said) implements WeightsListener {
    @Override
    public void note(String text) {
      said.add(() -> to.note(text));
    }

    @Override
    public void warn(String text) {
      said.add(() -> to.warn(text));
    }

    @Override
    public String option() {
      return to.option();
    }

    /** Other weights could not decode the codes: other codes are what helps. */
    @Override
    public String advice(String usual) {
      return "`lgc tokenize --weights-of raw` makes codes of the trained weights";
    }
  }
}
