package dev.lgc.compiler.rewrite.storage;

import java.util.Optional;

/**
 * The identity of a stored tensor: what it is, and which parameter or part of a model it belongs
 * to.
 *
 * @param path a parameter's path, or that of the parameter it belongs to, or that of a cache
 * @param cache what is cached; present for a cache, and for nothing else
 */
public record StoredId(Role role, String path, Optional<CacheUse> cache) {
  /** What a stored tensor is. Artifacts have its number: a new role comes last. */
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
    /** What a generator keeps between its steps: see {@link CacheUse}. */
    CACHE("cache:"),
    /** The scales of a quantized parameter, by which its elements are to be multiplied. */
    SCALE("scale:");

    private final String prefix;

    Role(String prefix) {
      this.prefix = prefix;
    }

    /** Whether a name says that its tensor has this role; names of the first three do not. */
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
   * An identity as it stands in an artifact, where the path of a cache says its use.
   *
   * @throws IllegalArgumentException if the path is not one of that role
   */
  public static StoredId of(Role role, String path) {
    return new StoredId(role, path, role == Role.CACHE ? CacheUse.in(path) : Optional.empty());
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
