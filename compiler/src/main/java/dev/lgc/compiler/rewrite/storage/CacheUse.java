package dev.lgc.compiler.rewrite.storage;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The use of a cache that a generator keeps between its steps. */
public enum CacheUse {
  /** The keys of earlier positions, for attention. */
  KEYS("keys"),
  /** The values of earlier positions, for attention. */
  VALUES("values"),
  /** The earlier positions that may be attended to. */
  MASKS("valid"),
  /** A value that depends on the conditions alone, and would be the same at every step. */
  CONDITIONS("held"),
  /** The codes drawn so far, where each step computes the whole sequence. */
  CODES("drawn");

  private static final Pattern PATH = Pattern.compile(".*\\.([a-z]+)[0-9]+", Pattern.DOTALL);

  private final String word;

  CacheUse(String word) {
    this.word = word;
  }

  /** The path of a cache. */
  String path(String owner, int number) {
    return owner + "." + word + number;
  }

  /** The use that a path says; empty for one that {@link #path} does not give. */
  static Optional<CacheUse> in(String path) {
    Matcher m = PATH.matcher(path);
    if (m.matches()) {
      for (CacheUse u : values()) {
        if (u.word.equals(m.group(1))) {
          return Optional.of(u);
        }
      }
    }
    return Optional.empty();
  }
}
