package dev.lgc.runtime.io;

import java.nio.file.Path;

/** The user's cache folder, with files that lgc can make again. */
public final class UserCache {
  private UserCache() {}

  /** In the user's home; in the folder of temporary files for a user who has none. */
  static Path of(String home, String temporary) {
    boolean known = home != null && Path.of(home).isAbsolute();
    return known ? Path.of(home, ".cache", "lgc") : Path.of(temporary, "lgc-cache");
  }

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
        : of(System.getProperty("user.home"), System.getProperty("java.io.tmpdir"));
  }
}
