package dev.lgc.compiler.rewrite.storage;

import java.util.Optional;

/**
 * The identity of a stored tensor: its role, and the parameter or part of a model that it belongs
 * to.
 *
 * @param path a parameter's path, or that of the parameter it belongs to, or that of a cache; of a
 *     partial sum the level and the parameter's path, {@code 0:layers.0.weight}
 * @param cache what is cached; present for a cache, and for nothing else
 */
public record StoredId(Role role, String path, Optional<CacheUse> cache) {
  /** The role of a stored tensor. Artifacts have its number: a new role comes last. */
  public enum Role {
    PARAMETER(""),
    BUFFER(""),
    FROZEN(""),
    GRADIENT("gradient:"),
    /** First moment of Adam. */
    MOMENT1("moment1:"),
    /** Second moment of Adam. */
    MOMENT2("moment2:"),
    /** Exponential moving average of a parameter. */
    AVERAGE("average:"),
    /** A value that a generator keeps between its steps: see {@link CacheUse}. */
    CACHE("cache:"),
    /** The scales of a quantized parameter, by which its elements are to be multiplied. */
    SCALE("scale:"),
    /** The sum of a parameter's gradients over some shards: see {@link #partial}. */
    PARTIAL("partial:"),
    /**
     * The gradient of a parameter from a rank's own samples, whole, where GRADIENT is the rank's
     * block of the sum over all ranks.
     */
    LOCAL("local:");

    private final String prefix;

    Role(String prefix) {
      this.prefix = prefix;
    }

    /**
     * Returns true if a name says that its tensor has this role; names of the first three do not.
     */
    public boolean isSaidBy(String name) {
      return !prefix.isEmpty() && name.startsWith(prefix);
    }
  }

  public StoredId {
    if (cache.isPresent() != (role == Role.CACHE)) {
      throw new IllegalArgumentException(role + " " + path + " caches " + cache);
    }
  }

  /** The identity of anything but a cache. */
  public StoredId(Role role, String path) {
    this(role, path, Optional.empty());
  }

  /**
   * The identity of a cache.
   *
   * @param owner the path of what it is kept for
   * @param number of the value in the owner's graph
   */
  public static StoredId cache(String owner, CacheUse use, int number) {
    return new StoredId(Role.CACHE, use.path(owner, number), Optional.of(use));
  }

  /**
   * The identity of the sum of a parameter's gradients over 2^{@code level} neighbouring shards.
   *
   * @param parameter its path
   */
  public static StoredId partial(String parameter, int level) {
    return new StoredId(Role.PARTIAL, level + ":" + parameter);
  }

  /**
   * An identity as it stands in an artifact, where the path of a cache says its use.
   *
   * @throws IllegalArgumentException if the path is not one of that role
   */
  public static StoredId of(Role role, String path) {
    return new StoredId(role, path, role == Role.CACHE ? CacheUse.in(path) : Optional.empty());
  }

  /** The path within a part of the model; empty for a tensor of another part. */
  public Optional<String> within(String part) {
    return path.startsWith(part + ".")
        ? Optional.of(path.substring(part.length() + 1))
        : Optional.empty();
  }

  /** The outermost part of the model that the tensor is of, or the tensor itself. */
  public String part() {
    int dot = path.indexOf('.');
    return dot < 0 ? path : path.substring(0, dot);
  }

  /** The tensor of another role that belongs to the same parameter. */
  public StoredId as(Role other) {
    return new StoredId(other, path);
  }

  /**
   * The name in graphs, files and messages: the plain path of a parameter, buffer or frozen
   * parameter, else {@code role:path}.
   */
  public String name() {
    return role.prefix + path;
  }

  @Override
  public String toString() {
    return name();
  }
}
