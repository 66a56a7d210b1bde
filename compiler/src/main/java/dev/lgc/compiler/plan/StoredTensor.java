package dev.lgc.compiler.plan;

/**
 * A tensor that lives as long as the session.
 *
 * @param path a parameter's path, or that of the parameter it belongs to
 * @param role what it is
 * @param slot where it is, with its type and its shape in memory
 * @param order how its elements follow each other there
 */
public record StoredTensor(String path, Role role, Slot slot, TensorOrder order) {
  /** What a stored tensor is. */
  public enum Role {
    PARAMETER,
    BUFFER,
    FROZEN,
    GRADIENT,
    /** First moment of Adam. */
    MOMENT1,
    /** Second moment of Adam. */
    MOMENT2,
    /** Exponential moving average of a parameter. */
    AVERAGE,
    /** What a generator keeps between its steps: see {@link CacheUse}. */
    CACHE,
    /** What the whole numbers of a narrowed parameter are to be multiplied by. */
    SCALE
  }

  /**
   * The path a graph's {@code Stored} op uses: the plain path for PARAMETER, BUFFER and FROZEN,
   * else {@code role:path}.
   */
  public String key() {
    return key(role, path);
  }

  /** See {@link #key()}. */
  public static String key(Role role, String path) {
    return switch (role) {
      case PARAMETER, BUFFER, FROZEN -> path;
      case GRADIENT, MOMENT1, MOMENT2, AVERAGE, SCALE, CACHE ->
          role.name().toLowerCase(java.util.Locale.ROOT) + ":" + path;
    };
  }
}
