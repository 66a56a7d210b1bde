package dev.lgc.runtime.io;

import java.nio.file.Path;

/** Where lgc keeps what it could make again. */
public final class UserCache {
  private UserCache() {}

  /**
   * The folder: what the property {@code lgc.cache} names, or {@code lgc} in {@code XDG_CACHE_HOME}
   * or {@code ~/.cache}. It need not exist.
   */
  public static Path folder() {
    String set = System.getProperty("lgc.cache");
    if (set != null) {
      return Path.of(set);
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    return xdg != null && !xdg.isEmpty()
        ? Path.of(xdg, "lgc")
        : Path.of(System.getProperty("user.home"), ".cache", "lgc");
  }
}
