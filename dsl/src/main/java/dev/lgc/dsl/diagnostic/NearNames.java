package dev.lgc.dsl.diagnostic;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds the known names that a mistyped one may have meant. */
public final class NearNames {
  private static final int SHOWN = 3;

  private NearNames() {}

  /** At most three known names, nearest first, none if nothing is near. */
  public static List<String> of(String name, Collection<String> known) {
    int limit = name.length() < 3 ? 0 : (name.length() + 1) / 3;
    return known.stream()
        .distinct()
        .filter(k -> !k.equals(name) && Math.abs(k.length() - name.length()) <= limit)
        .filter(k -> distance(name, k) <= limit)
        .sorted(Comparator.comparingInt((String k) -> distance(name, k)).thenComparing(k -> k))
        .limit(SHOWN)
        .toList();
  }

  /**
   * Edits between two names, a swap of neighbours counting as one, upper and lower case as the
   * same.
   */
  static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[][] d = new int[a.length() + 1][b.length() + 1];
    Arrays.setAll(d[0], j -> j);
    for (int i = 1; i <= a.length(); i++) {
      d[i][0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best = Math.min(d[i - 1][j - 1] + change, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          best = Math.min(best, d[i - 2][j - 2] + 1);
        }
        d[i][j] = best;
      }
    }
    return d[a.length()][b.length()];
  }
}
