package dev.lgc.runtime.model;

import java.nio.file.Path;

/** Weights in memory that are known by their values. */
public interface IdentifiedWeights extends AutoCloseable {
  /** The file that they come from. */
  Path file();

  /** The name of their values; see {@link Weights#identity}. Computed anew by each call. */
  String identity();

  @Override
  void close();
}
