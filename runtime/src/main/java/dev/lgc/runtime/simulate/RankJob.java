package dev.lgc.runtime.simulate;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.runtime.measure.MachineLimits;
import java.util.List;
import java.util.OptionalInt;

/**
 * A training on several ranks that is to be planned.
 *
 * @param model for the samples of one part of a batch
 * @param requests for training it, without {@link Request.Sharding}
 * @param samples in a part of a batch
 * @param shards of a batch
 * @param micros parts of a shard, one after the other
 * @param group ranks that shall hold parameters together; empty for what is fastest
 * @param memory bytes that the tensors of a rank may take; {@link Long#MAX_VALUE} for any
 * @param saves true if checkpoints are written beside steps, from a copy
 * @param network the ranks
 * @param host the limits of what one process on a host computes on
 * @param shared true if the ranks of a host share that; each has as much otherwise
 */
public record RankJob(
    CheckedModel model,
    List<Request> requests,
    int samples,
    int shards,
    int micros,
    OptionalInt group,
    long memory,
    boolean saves,
    Network network,
    MachineLimits.Known host,
    boolean shared) {
  public RankJob {
    requests = requests.stream().filter(r -> !(r instanceof Request.Sharding)).toList();
    if (shards % network.ranks() != 0) {
      throw new IllegalArgumentException(shards + " shards on " + network.ranks() + " ranks");
    }
  }

  /** The limits of what a rank computes on. */
  MachineLimits.Known rank() {
    return shared ? host.sharedBy(network.perHost()) : host;
  }

  /** Samples in a batch. */
  int batch() {
    return samples * micros * shards;
  }

  /** The names of what is trained. */
  List<String> objectives() {
    return model.entries(Entry.Kind.OBJECTIVE).stream().map(Entry::name).toList();
  }
}
