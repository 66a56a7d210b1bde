package dev.lgc.runtime.data;

import java.util.Comparator;

/**
 * Text in the order of its Unicode code points, which is the order of its UTF-8 bytes and the same
 * on every platform. {@link String#compareTo} compares UTF-16 units instead, in which what is above
 * U+FFFF comes before U+E000.
 */
public enum CodePointOrder implements Comparator<String> {
  ORDER;

  @Override
  public int compare(String a, String b) {
    int both = Math.min(a.length(), b.length());
    for (int i = 0; i < both; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        return Character.compare(rank(x), rank(y));
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /** Surrogates are halves of the highest code points, so they come after everything else. */
  private static char rank(char c) {
    if (c < Character.MIN_SURROGATE) {
      return c;
    }
    return (char) (c > Character.MAX_SURROGATE ? c - 0x800 : c + 0x2000);
  }
}
