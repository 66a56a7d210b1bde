package dev.lgc.compiler.rewrite;

import java.util.Map;

/**
 * The memory of a rank that differs from that of one process, where a group of ranks holds
 * parameters together: parameters are gathered in buckets, and of a gradient a block is left once
 * it is scattered.
 *
 * @param scattered by name of each gradient that is scattered: bytes of the rank's block
 * @param message bytes of gradients that are scattered together
 * @param gathered bytes of parameters that are whole at one time
 */
public record RankMemory(Map<String, Long> scattered, long message, long gathered) {
  /** Of a rank that stores everything whole. */
  public static final RankMemory NONE = new RankMemory(Map.of(), 0, 0);

  public RankMemory {
    scattered = Map.copyOf(scattered);
  }
}
