package dev.lgc.compiler.plan;

/** What a cache of a generator holds between its steps. The last part of its path says which. */
public enum CacheUse {
  /** The keys of earlier positions, for attention. */
  KEYS("keys"),
  /** The values of earlier positions, for attention. */
  VALUES("values"),
  /** Which earlier positions may be attended to. */
  MASKS("valid"),
  /** What depends on the conditions alone, and would be the same at every step. */
  CONDITIONS("held"),
  /** The codes drawn so far, where each step computes the whole sequence. */
  CODES("drawn");

  private final String word;

  CacheUse(String word) {
    this.word = word;
  }

  /** The path of a cache. */
  public String path(String owner, int number) {
    return owner + "." + word + number;
  }

  /**
   * What a cache holds.
   *
   * @throws IllegalArgumentException if the tensor is not a cache
   */
  public static CacheUse of(StoredTensor t) {
    if (t.role() == StoredTensor.Role.CACHE) {
      String last = t.path().substring(t.path().lastIndexOf('.') + 1);
      for (CacheUse u : values()) {
        if (last.startsWith(u.word)) {
          return u;
        }
      }
    }
    throw new IllegalArgumentException(t.key() + " is no cache");
  }
}
