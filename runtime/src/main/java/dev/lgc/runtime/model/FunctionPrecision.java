package dev.lgc.runtime.model;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.runtime.exec.Device;
import java.util.List;
import java.util.Optional;

/**
 * The precision in which a model's functions are evaluated: those of a tokenizer, which encode and
 * decode.
 *
 * @param type of weights that was asked for; empty for as they were compiled, else F32
 * @param multipliesBf16 true if the device does ({@link Device#multipliesBf16})
 */
public record FunctionPrecision(Optional<WeightType> type, boolean multipliesBf16) {
  /** As compiled, else F32, with F32 products. */
  public static final FunctionPrecision DEFAULT = new FunctionPrecision(Optional.empty(), false);

  /**
   * The requests with it. Weights are stored as they were compiled, else as they are: by their
   * values a generator knows its tokenizer.
   *
   * @param functions requests to evaluate functions
   * @param source of the model
   */
  public List<Request> in(List<Request> functions, PlanSource source) {
    return ModelRequests.rounded(
        ModelRequests.stored(functions, source.weightType(), false),
        type.orElse(source.weightType()),
        multipliesBf16);
  }
}
