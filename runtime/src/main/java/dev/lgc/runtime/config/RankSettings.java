package dev.lgc.runtime.config;

/** The settings of a run on several ranks. */
public final class RankSettings {
  private RankSettings() {}

  /** The ways in which ranks store what is trained. */
  public enum Strategy {
    /** Every rank has all of it. */
    DATA_PARALLEL,
    /** A group of ranks has all of it together; every group has the same. */
    HYBRID,
    /** All ranks have it together. */
    FULLY_SHARDED
  }

  /** The orders in which gradients of ranks are added. */
  public enum Reduction {
    /** One balanced tree, whatever the number of ranks. */
    TREE,
    /** The MPI library's own. */
    LIBRARY
  }

  /** The types in which the gradients of shards are added. */
  public enum Gradients {
    /** As they are computed. */
    F32,
    /** Rounded to bfloat16; their sums are F32. */
    BF16
  }
}
