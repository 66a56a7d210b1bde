package dev.lgc.runtime.dist;

/**
 * The time of a rank's collectives, in seconds.
 *
 * @param underWay for which at least one was under way, the wait for slower ranks included
 * @param exposed for which the rank waited for one
 */
public record CollectiveSeconds(double underWay, double exposed) {
  public static final CollectiveSeconds NONE = new CollectiveSeconds(0, 0);

  /** The seconds for which a collective was under way while the rank computed. */
  public double overlapped() {
    return Math.max(0, underWay - exposed);
  }

  public CollectiveSeconds plus(CollectiveSeconds o) {
    return new CollectiveSeconds(underWay + o.underWay, exposed + o.exposed);
  }

  public CollectiveSeconds minus(CollectiveSeconds o) {
    return new CollectiveSeconds(underWay - o.underWay, exposed - o.exposed);
  }

  /** The mean of {@code n} steps that took this together. */
  public CollectiveSeconds over(long n) {
    return new CollectiveSeconds(underWay / n, exposed / n);
  }
}
