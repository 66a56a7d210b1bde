package dev.lgc.runtime.sample;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.WholeSequence;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.Background;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.ModelMemory;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.report.Table;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The models of a {@link SampleJob} on one rank: its part of the generator, and on rank 0 the
 * tokenizer.
 *
 * @param drawing the plan of the generator
 * @param decoding the plan of the tokenizer; empty where no pictures are made
 * @param generator with its weights
 * @param tokenizer with its weights
 */
record SampleModels(
    PlannedModel drawing,
    Optional<PlannedModel> decoding,
    LoadedModel generator,
    Optional<LoadedModel> tokenizer)
    implements AutoCloseable {

  /**
   * Plans and loads them.
   *
   * @throws BadInputException if they do not fit into memory together
   */
  static SampleModels load(SampleJob job, Device device, SampleJob.User user, SampleGroup group) {
    Consumer<String> warn = text -> user.say("warning: " + text);
    int rows = Math.min(job.batch(), job.count());
    Optional<TokenizerChoice> choice = group.leads() ? job.tokenizer() : Optional.empty();
    Background<PlannedModel> decoding =
        choice.map(t -> Background.of(() -> t.plan(job.generator(), rows, warn))).orElse(null);
    PlannedModel drawing = plan(job, rows, device, group);
    Optional<PlannedModel> planned = Optional.ofNullable(decoding).map(Background::get);
    new ModelMemory(
            planned.map(p -> List.of(drawing, p)).orElse(List.of(drawing)),
            device,
            samples -> planned.map(p -> job.held(p, samples)).orElse(0L))
        .require("sampling " + drawing.model().name(), group.bounds(), warn);
    if (WholeSequence.isIn(drawing.plan().storage().stream().map(StoredTensor::id))) {
      user.uncached(drawing);
    }
    if (group.isShared()) {
      user.say(share(drawing.plan(), group.ranks().size()));
    }
    Optional<LoadedModel> tokenizer =
        planned.map(
            p ->
                choice
                    .orElseThrow()
                    .load(
                        p,
                        job.generator().about(),
                        device,
                        user.weights(WeightsChoice.TOKENIZER_OPTION)));
    try {
      List<String> soon = List.of(CodeSampler.first(CodeSampler.generator(drawing.model())));
      LoadedModel generator =
          drawing.load(
              device, group.ranks().rank(), soon, user.weights(WeightsChoice.OPTION));
      return new SampleModels(drawing, planned, generator, tokenizer);
    } catch (RuntimeException | Error e) {
      tokenizer.ifPresent(LoadedModel::close);
      throw e;
    }
  }

  /** The part of the parameters that a rank stores, in words. */
  private static String share(ExecutionPlan plan, int ranks) {
    long own = 0;
    long whole = 0;
    for (StoredTensor t : plan.storage()) {
      if (t.role() == Role.PARAMETER) {
        long part = t.slot().type().shape().elements();
        own += part;
        whole += t.part().map(p -> p.whole().shape().elements()).orElse(part);
      }
    }
    return Text.format(
        "each of %d ranks stores %.1f%% of the generator's %s parameters",
        ranks, 100.0 * own / whole, Table.count(whole));
  }

  private static PlannedModel plan(SampleJob job, int rows, Device device, SampleGroup group) {
    int ranks = group.ranks().size();
    if (Integer.bitCount(ranks) != 1) {
      throw new BadInputException(
          ranks + " ranks",
          "a power of two: 2, 4, 8, …",
          "each has an equal part of every matrix that can be split");
    }
    if (group.isShared() && job.weights().isEmpty()) {
      throw new BadInputException(
          "weights that were compiled whole, for a part on each rank",
          "the file of the weights: --weights W.safetensors",
          "");
    }
    Outline.Signature entry = CodeSampler.generator(job.generator().outline());
    return job.generator()
        .plan(
            job.weights(),
            rows,
            m ->
                group.ofRank(
                    ModelRequests.stored(
                        List.of(job.settings().request(entry.name())),
                        job.type(),
                        device.readsPackedWeights())));
  }

  /** The record of what samples depend on. */
  SamplingRecord record(SampleJob job, Device device, Ranks ranks) {
    SamplingRecord record =
        SamplingRecord.of(
            drawing,
            job.type(),
            decoding.orElse(null),
            job.chosen().conditions(),
            job.settings(),
            device);
    return ranks.size() == 1
        ? record
        : record.computed("ranks", String.valueOf(ranks.size()));
  }

  @Override
  public void close() {
    generator.close();
    tokenizer.ifPresent(LoadedModel::close);
  }
}
