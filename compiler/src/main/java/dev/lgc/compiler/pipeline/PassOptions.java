package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.plan.Planner;
import dev.lgc.dsl.type.DType;
import java.util.List;
import java.util.Optional;

/**
 * The choices that passes have, as the requests of a plan make them.
 *
 * @param mixedPrecision whether products of training are computed of BF16 factors
 * @param roundFactors whether products of functions that are evaluated are
 * @param gradients the type in which the gradient of a shard is added to those of others, F32 or
 *     BF16
 * @param storage how weights and caches are stored; empty for as they are declared
 * @param together ranks that compute the steps together, each with a part of the model; 1 for none
 * @param memory the most bytes that a plan which trains may take; {@link Long#MAX_VALUE} for any
 * @param planner says how many bytes a plan takes
 */
public record PassOptions(
    boolean mixedPrecision,
    boolean roundFactors,
    DType gradients,
    Optional<Request.StoreWeights> storage,
    int together,
    long memory,
    Planner planner) {

  static PassOptions of(List<Request> requests, long memory, Planner planner) {
    boolean mixed = false;
    boolean factors = false;
    DType gradients = DType.F32;
    Optional<Request.StoreWeights> storage = Optional.empty();
    int together = 1;
    boolean begins = false;
    for (Request r : requests) {
      switch (r) {
        case Request.MixedPrecision _ -> mixed = true;
        case Request.RoundFactors _ -> factors = true;
        case Request.RoundGradients _ -> gradients = DType.BF16;
        case Request.StoreWeights s -> storage = Optional.of(s);
        case Request.TensorParallel t -> together = t.ranks();
        case Request.Initialise _ -> begins = true;
        case Request.Evaluate _,
            Request.Train _,
            Request.Generate _,
            Request.Loss _,
            Request.Sharding _,
            Request.ForBatch _ -> {}
      }
    }
    if (storage.isPresent() && requests.stream().anyMatch(Request::trains)) {
      throw new IllegalArgumentException("training with " + storage.get());
    }
    if (together > 1 && (begins || requests.stream().anyMatch(Request::trains))) {
      throw new IllegalArgumentException(
          "training on " + together + " ranks with a model in parts");
    }
    return new PassOptions(mixed, factors, gradients, storage, together, memory, planner);
  }
}
