package dev.lgc.runtime.sample;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.runtime.dist.Agreement;
import dev.lgc.runtime.dist.OneRank;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.memory.MemoryBounds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;

/**
 * The ranks that draw samples together, each with a part of the generator, seen from one of them.
 * Rank 0 decodes, writes and tells the user.
 *
 * @param common what ranks have to have in common beside the samples' settings, by what it is
 * @param bounds of the memory that this rank may take
 * @param text of a failure, for the other ranks
 */
public record SampleGroup(
    Ranks ranks,
    Map<String, String> common,
    MemoryBounds bounds,
    Function<Throwable, String> text) {
  /** One process that has all of the generator. */
  public static SampleGroup alone() {
    return new SampleGroup(new OneRank(), Map.of(), MemoryBounds.here(), Throwable::toString);
  }

  /** True if there are several ranks. */
  boolean isShared() {
    return ranks.size() > 1;
  }

  /** True on the rank that decodes and writes. */
  boolean leads() {
    return ranks.rank() == 0;
  }

  /** Does what may fail on some ranks, and goes on if it failed on none. */
  <T> T together(Callable<T> work) {
    return SharedFailure.orNone(ranks, work, text);
  }

  /**
   * Requires that all ranks are about to draw the same.
   *
   * @throws SharedFailure on all ranks if they differ
   */
  void requireSame(Map<String, String> settings) {
    Map<String, String> all = new LinkedHashMap<>(common);
    all.putAll(settings);
    Agreement.require(ranks, all);
  }

  /** The requests of a plan for this rank's part. */
  List<Request> ofRank(List<Request> whole) {
    List<Request> all = new ArrayList<>(whole);
    if (isShared()) {
      all.add(new Request.TensorParallel(ranks.size()));
    }
    return all;
  }
}
