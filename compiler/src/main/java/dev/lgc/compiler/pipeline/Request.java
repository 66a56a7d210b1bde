package dev.lgc.compiler.pipeline;

import dev.lgc.compiler.rewrite.storage.WeightType;
import java.util.List;

/** Something that a plan shall be able to do, beyond holding the model's storage. */
public sealed interface Request {
  /**
   * Initial values of all storage. Step {@code init}: input {@code key} int[4]; updates PARAMETERS.
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
   *   <li>Steps {@code NAME.combine0}, {@code NAME.combine1}, …: see {@link Sharding}.
   *   <li>Step {@code NAME.update}: inputs {@code lr}, {@code correction1} = 1 - β₁ᵗ, {@code
   *       correction2} = 1 - β₂ᵗ, {@code gradient_scale} (1 / parts of a batch), all float[]; with
   *       an average {@code average_decay} and {@code average_rate} = 1 - decay, too, so that a
   *       decay may change from step to step; output {@code gradient_norm} float[] before clipping;
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
   * Does what is requested for batches of a size beside those of the plan's model. The steps have
   * the size in their names, {@code NAME@8.step}, and a generator's have caches of their own;
   * parameters, gradients and the optimizer's state are there once, and so is {@code NAME.update}.
   *
   * @param size samples in a batch
   * @param request to evaluate, train, generate or compute a loss
   */
  record ForBatch(int size, Request request) implements Request {
    public ForBatch {
      boolean isOfBatches =
          switch (request) {
            case Evaluate _, Train _, Generate _, Loss _ -> true;
            case Initialise _,
                StoreWeights _,
                MixedPrecision _,
                RoundFactors _,
                RoundGradients _,
                TensorParallel _,
                Sharding _,
                ForBatch _ ->
                false;
          };
      if (!isOfBatches) {
        throw new IllegalArgumentException(request + " for batches of " + size);
      }
    }
  }

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
   * Evaluates functions in mixed precision: the factors of products in what {@link Evaluate} asks
   * for are rounded to BF16; see {@link dev.lgc.compiler.rewrite.MixedPrecision}. For devices that
   * multiply BF16: others take longer for it.
   */
  record RoundFactors() implements Request {}

  /**
   * Has the gradient of each shard of a batch rounded to BF16, to nearest even, once it is complete
   * and before the gradients of shards are added up in F32 as {@link Sharding} says. So on as many
   * ranks as shards it crosses between them in half as many bytes. A batch of one shard has nothing
   * to add, and nothing is rounded.
   */
  record RoundGradients() implements Request {}

  /**
   * Has ranks compute every step together, each with a part of the model ({@link
   * dev.lgc.compiler.shard.TensorParallel}). Not where something is trained or initialised.
   *
   * @param ranks a power of two
   */
  record TensorParallel(int ranks) implements Request {
    public TensorParallel {
      if (Integer.bitCount(ranks) != 1 || ranks < 1) {
        throw new IllegalArgumentException("a model in " + ranks + " parts");
      }
    }
  }

  /**
   * Trains on batches of equal shards, whose gradients are added in one balanced binary tree over
   * neighbours, {@code ((0 + 1) + (2 + 3)) + …}, whatever computes them. A rank has neighbouring
   * shards; it keeps at most one PARTIAL sum for each level of its part of the tree, as a binary
   * counter keeps a bit for each digit.
   *
   * <ul>
   *   <li>Step {@code NAME.combineT} for each objective: after a shard's gradients, where T is the
   *       number of trailing ones in the shard's place in the rank, from 0. Adds the PARTIAL sums
   *       of the levels below T, from 0, to the GRADIENT; what that gives is PARTIAL sum T, or, of
   *       the last shard, the GRADIENT, in which those of all ranks are added up.
   *   <li>Of one shard on each of several ranks there is no such step: {@code NAME.gradients} adds
   *       up the gradients of all ranks, so that the exchange goes on beside the computation. Where
   *       gradients are accumulated, step {@code NAME.reduce} does so, which is an {@code
   *       accumulate} for the last part of a batch.
   *   <li>The norm by which gradients are clipped is added up likewise: see {@link Optimization}.
   * </ul>
   *
   * <p>Of several ranks in a group, each stores but a block of every parameter that is trained, of
   * its gradient, moments and average, as a {@link
   * dev.lgc.compiler.rewrite.storage.ParameterBlock}; steps gather the parameters that they read
   * ({@link dev.lgc.compiler.rewrite.storage.GatherParameters}). Then the gradients of a rank's own
   * samples are LOCAL ones, if they are not added up as soon as they are there, and the GRADIENT is
   * a block of the sum over all ranks. A group of all ranks is fully sharded, a smaller one hybrid;
   * the bits are the same.
   *
   * @param shards in a batch, a power of two
   * @param ranks that compute them, as many shards each
   * @param group neighbouring ranks that hold parameters together; 1 where each has them whole
   */
  record Sharding(int shards, int ranks, int group) implements Request {
    /** A batch that is whole, in one process. */
    public static final Sharding NONE = new Sharding(1, 1);

    public Sharding {
      if (Integer.bitCount(shards) != 1
          || shards < 1
          || ranks < 1
          || shards % ranks != 0
          || group < 1
          || ranks % group != 0) {
        throw new IllegalArgumentException(
            shards + " shards on " + ranks + " ranks in groups of " + group);
      }
    }

    /** Data-parallel: every rank has all parameters whole. */
    public Sharding(int shards, int ranks) {
      this(shards, ranks, 1);
    }

    /** True if ranks store blocks of parameters. */
    public boolean hasBlocks() {
      return group > 1;
    }

    /** The one that is asked for, or {@link #NONE}. */
    static Sharding of(List<Request> requests) {
      return requests.stream()
          .filter(r -> r instanceof Sharding)
          .map(r -> (Sharding) r)
          .findFirst()
          .orElse(NONE);
    }

    /** True if gradients of ranks are added up as soon as they are there. */
    boolean isReducedAtOnce() {
      return ranks > 1 && ranks == shards;
    }

    /** Shards of a rank. */
    public int perRank() {
      return shards / ranks;
    }

    /** The levels of a rank's part of the tree: that of its sum, which is not a PARTIAL one. */
    public int levels() {
      return Integer.numberOfTrailingZeros(perRank());
    }

    /**
     * The level up to which sums are there once a shard's gradients are.
     *
     * @param place of the shard among those of its rank, from 0
     */
    public static int level(int place) {
      return Integer.numberOfTrailingZeros(place + 1);
    }
  }

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

  /** True if something is trained. */
  default boolean trains() {
    return switch (this) {
      case Train _ -> true;
      case ForBatch b -> b.request.trains();
      case Initialise _,
          Evaluate _,
          Generate _,
          Loss _,
          StoreWeights _,
          MixedPrecision _,
          RoundFactors _,
          RoundGradients _,
          TensorParallel _,
          Sharding _ ->
          false;
    };
  }

  /** Everything needed to train one objective after another. */
  static List<Request> training(List<String> objectives, Optimizer optimizer, boolean accumulate) {
    return java.util.stream.Stream.<Request>concat(
            java.util.stream.Stream.of(new Initialise()),
            objectives.stream().map(o -> new Train(o, optimizer, accumulate)))
        .toList();
  }
}
