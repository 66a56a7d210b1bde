package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.rewrite.storage.WeightType;
import java.util.List;

/** What a plan shall be able to do, beyond holding the model's storage. */
public sealed interface Request {
  /**
   * First values of all storage. Step {@code init}: input {@code key} int[4]; updates PARAMETERS.
   */
  record Initialise() implements Request {}

  /** Runs a FUNCTION entry. Step NAME: the entry's inputs and outputs. */
  record Evaluate(String entry) implements Request {}

  /**
   * Trains an objective.
   *
   * <ul>
   *   <li>Step {@code NAME.gradients}: the entry's inputs, {@code key} int[4] where randomness is
   *       used, {@code step} float[] where the objective reads it; outputs the entry's; writes
   *       every GRADIENT.
   *   <li>Step {@code NAME.accumulate}, when asked for: the same, but adds to every GRADIENT.
   *   <li>Step {@code NAME.update}: inputs {@code lr}, {@code correction1} = 1 - β₁ᵗ, {@code
   *       correction2} = 1 - β₂ᵗ, {@code gradient_scale} (1 / micro-batches), all float[]; with an
   *       average {@code average_decay} and {@code average_rate} = 1 - decay, too, so that a decay
   *       may change from step to step; output {@code gradient_norm} float[] before clipping;
   *       updates PARAMETER, MOMENT1, MOMENT2 and, with an average, AVERAGE.
   *   <li>Step {@code NAME.loss}: forward only, dropout and label dropout off, for held-out losses;
   *       the entry's inputs and outputs.
   * </ul>
   */
  record Train(String objective, Optimizer optimizer, boolean accumulate) implements Request {}

  /**
   * Generates codes.
   *
   * <ul>
   *   <li>Step {@code NAME.prefill}: the entry's conditions ([n, …]) and the sampler's inputs;
   *       outputs {@code token} int[n] and {@code logits} float[n, K] (after guidance); fills the
   *       caches.
   *   <li>Step {@code NAME.step}: {@code token} int[n] (the code at {@code position}), {@code
   *       position} int[] (0-based index of that code), and the sampler's inputs; the same outputs,
   *       for the next position.
   * </ul>
   *
   * The sampler's inputs: {@code guidance} float[] when guided, {@code temperature} float[], {@code
   * top_k} int[] when {@code topK}, {@code top_p} float[] when {@code topP}, {@code key} int[4].
   *
   * @param guided compute conditional and null rows together (2n rows) and combine them: {@code
   *     null + guidance (conditional - null)}
   */
  record Generate(String entry, boolean guided, boolean topK, boolean topP) implements Request {}

  /**
   * The held-out loss of an objective without what trains it. Step {@code NAME.loss}: as of {@link
   * Train}.
   */
  record Loss(String objective) implements Request {}

  /**
   * Stores the matrices in another way than they are trained: quantized ({@link
   * dev.lgc.compiler.rewrite.storage.QuantizeWeights}), packed ({@link
   * dev.lgc.compiler.rewrite.storage.PackWeights}). Not where something is trained.
   *
   * @param type of the matrices; where it is quantized, keys and values of earlier positions are in
   *     BF16 ({@link dev.lgc.compiler.rewrite.storage.QuantizeCaches})
   * @param packed whether in panels, which processors read best
   */
  record StoreWeights(WeightType type, boolean packed) implements Request {}

  /**
   * Trains in mixed precision: the factors of products in gradients and losses of {@link Train} are
   * rounded to BF16; see {@link dev.lgc.compiler.rewrite.MixedPrecision}. What is stored stays F32.
   */
  record MixedPrecision() implements Request {}

  /**
   * Adam or AdamW (decay applies to parameters of two or more dimensions only).
   *
   * @param clipNorm global gradient norm to clip to, 0 for none
   * @param averaged whether an exponential moving average of each parameter is kept
   */
  record Optimizer(
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      double clipNorm,
      boolean averaged) {}

  /** Everything needed to train one objective after another. */
  static List<Request> training(List<String> objectives, Optimizer optimizer, boolean accumulate) {
    return java.util.stream.Stream.<Request>concat(
            java.util.stream.Stream.of(new Initialise()),
            objectives.stream().map(o -> new Train(o, optimizer, accumulate)))
        .toList();
  }
}
