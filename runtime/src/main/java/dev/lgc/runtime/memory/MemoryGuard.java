package dev.lgc.runtime.memory;

import dev.lgc.dsl.text.Scaled;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Refuses work that does not fit in memory before anything is allocated, and names settings that
 * fit.
 *
 * <p>The environment variable {@code LGC_MEMORY_CHECK=warn} makes a refusal a warning, for systems
 * that say less about their memory than is true.
 */
public final class MemoryGuard {
  private static final int MOST_REMEDIES = 3;

  private MemoryGuard() {}

  /**
   * Something to change, and what is needed then.
   *
   * @param change as the user writes it: {@code micro_batches: 4}
   * @param need planned when asked for; null if it cannot be done
   */
  public record Remedy(String change, Supplier<MemoryNeed> need) {
    /**
     * The first of some values that helps enough; if none does, the last.
     *
     * @param change how a value is written
     * @param need of a value; null if it cannot be planned
     */
    public static Optional<Remedy> first(
        List<Integer> values,
        IntFunction<String> change,
        IntFunction<MemoryNeed> need,
        MemoryBounds bounds) {
      Remedy last = null;
      for (int v : values) {
        MemoryNeed n = need.apply(v);
        if (n == null) {
          continue;
        }
        last = new Remedy(change.apply(v), () -> n);
        if (MemoryFit.of(n, bounds).mayFit()) {
          break;
        }
      }
      return Optional.ofNullable(last);
    }

    /** Smaller batches: halves, quarters and so on down to 1. */
    public static List<Integer> halves(int batch) {
      List<Integer> all = new ArrayList<>();
      for (int b = batch / 2; b > 0; b /= 2) {
        all.add(b);
      }
      return all;
    }
  }

  /**
   * A lack of memory, in words.
   *
   * @param what as in {@code training VQ16 needs 1.09 GB of memory, more than there is}
   * @param found what bounds it
   * @param expected what it needs, and for what
   * @param hint what helps, and by how much
   */
  public record Shortage(String what, String found, String expected, String hint) {
    /** One line. */
    String text() {
      return what + ": there are " + found + (hint.isEmpty() ? "" : " (" + hint + ")");
    }
  }

  /**
   * Compares a need with what there is.
   *
   * @param what is to be done, as in {@code training VQ16}
   * @param remedies asked for one by one, only if it does not fit
   * @param warn is told if it fits but barely
   * @param refuse is told if it does not, and throws
   */
  public static void require(
      String what,
      MemoryNeed need,
      MemoryBounds bounds,
      Supplier<List<Remedy>> remedies,
      Consumer<String> warn,
      Consumer<Shortage> refuse) {
    MemoryFit fit = MemoryFit.of(need, bounds);
    switch (fit.verdict()) {
      case FITS -> {}
      case TIGHT ->
          warn.accept(
              Text.format(
                  "%s may need %s of memory, and there are %s: it may swap",
                  what, Scaled.bytes(fit.needs()), fit.there()));
      case TOO_LARGE -> {
        Shortage s =
            new Shortage(
                Text.format(
                    "%s may need %s of memory, more than there is",
                    what, Scaled.bytes(fit.needs())),
                fit.there(),
                Text.format(
                    "%s for tensors, %s for the JVM, %d kernels and buffers, and a reserve",
                    Scaled.bytes(need.tensors()), Scaled.bytes(need.beside()), need.kernels()),
                hint(remedies.get(), bounds, fit.needs()));
        if ("warn".equals(mode())) {
          warn.accept(s.text());
        } else {
          refuse.accept(s);
        }
      }
    }
  }

  /**
   * Refuses to allocate tensors that do not fit: what was not compared before.
   *
   * @throws BadInputException if they do not
   */
  public static void requireTensors(String model, long bytes, MemoryBounds bounds) {
    if ("warn".equals(mode())) {
      return;
    }
    for (MemoryBound b : bounds.all()) {
      if (bytes > b.availableWithSwap()) {
        throw new BadInputException(
            Text.format(
                "the tensors of %s take %s of memory, and there are %s within %s",
                model, Scaled.bytes(bytes), Scaled.bytes(b.available()), b.text(0)),
            "",
            "a smaller batch takes less");
      }
    }
  }

  private static String mode() {
    String mode = System.getenv("LGC_MEMORY_CHECK");
    return mode == null ? "" : mode.toLowerCase(Locale.ROOT);
  }

  /** A remedy that does not help enough. */
  private record Partial(long needs, String text) {}

  /** The remedies that help: first those that help enough. */
  private static String hint(List<Remedy> remedies, MemoryBounds bounds, long needs) {
    List<String> enough = new ArrayList<>();
    List<Partial> some = new ArrayList<>();
    for (Remedy r : remedies) {
      MemoryNeed need = r.need().get();
      MemoryFit fit = need == null ? null : MemoryFit.of(need, bounds);
      if (fit != null && fit.needs() < needs) {
        String takes = r.change() + " takes " + Scaled.bytes(fit.needs());
        if (fit.mayFit()) {
          enough.add(takes);
        } else {
          some.add(new Partial(fit.needs(), takes + ", too much still"));
        }
      }
    }
    List<String> all = new ArrayList<>(enough);
    some.stream()
        .sorted(Comparator.comparingLong(Partial::needs)) // what helps most first
        .map(Partial::text)
        .forEach(all::add);
    List<String> shown = new ArrayList<>(all.subList(0, Math.min(MOST_REMEDIES, all.size())));
    if (enough.isEmpty()) {
      shown.add("a smaller model takes less");
    }
    return String.join("; ", shown);
  }
}
