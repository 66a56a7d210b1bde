package dev.lgc.runtime.dist;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The agreement of all ranks on what they have in common, each thing by a word or a few. */
public final class Agreement {
  private static final String BETWEEN = "\u0001";
  private static final int MOST_TEXT = 80;

  private Agreement() {}

  /**
   * Requires that all ranks have the same; each asks.
   *
   * @param mine by what it is
   * @throws SharedFailure on all ranks, naming the first difference
   */
  public static void require(Ranks ranks, Map<String, String> mine) {
    List<Map<String, String>> all = gather(ranks, mine);
    for (int r = 1; r < all.size(); r++) {
      require(all.getFirst(), all.get(r), r);
    }
  }

  /** The things that every rank has, by rank. */
  public static List<Map<String, String>> gather(Ranks ranks, Map<String, String> mine) {
    StringBuilder text = new StringBuilder();
    mine.forEach((what, is) -> text.append(what).append(BETWEEN).append(is).append(BETWEEN));
    return Exchange.texts(ranks, text.toString()).stream().map(Agreement::read).toList();
  }

  private static Map<String, String> read(String text) {
    List<String> words = Arrays.asList(text.split(BETWEEN, -1));
    Map<String, String> all = new LinkedHashMap<>();
    for (int i = 0; i + 1 < words.size(); i += 2) {
      all.put(words.get(i), words.get(i + 1));
    }
    return all;
  }

  /**
   * Requires that a rank has what rank 0 has.
   *
   * @param first what rank 0 has, by what it is
   * @throws SharedFailure on all ranks that ask, naming the first difference
   */
  public static void require(Map<String, String> first, Map<String, String> other, int rank) {
    TreeSet<String> names = new TreeSet<>(other.keySet());
    List<String> all = new ArrayList<>(first.keySet());
    names.removeAll(first.keySet());
    all.addAll(names);
    for (String what : all) {
      String a = first.getOrDefault(what, "nothing");
      String b = other.getOrDefault(what, "nothing");
      if (!a.equals(b)) {
        throw new SharedFailure(
            new BadInputException(
                Text.format("ranks 0 and %d differ in the %s%s", rank, what, both(a, b)),
                "the same on all ranks",
                "every rank needs the same lgc, the same run file, and the same files: on a file"
                    + " system that all machines share, or copied to each"));
      }
    }
  }

  /** Both values where they are short enough to tell something. */
  private static String both(String a, String b) {
    return a.length() + b.length() > MOST_TEXT ? "" : ": " + a + ", and " + b;
  }
}
