package dev.lgc.runtime.sample;

import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.WholeSequence;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.Background;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.FunctionPrecision;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.ModelMemory;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.model.ParameterShare;
import dev.lgc.runtime.model.PlanSource;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToLongBiFunction;

/**
 * The models that draw samples on one rank: its part of the generator, and on rank 0 the tokenizer.
 *
 * @param drawing the plan of the generator
 * @param generator with its weights
 * @param tokenizer with its weights; empty where no pictures are made
 * @param record what the samples depend on; null where nobody asks
 */
record SampleModels(
    PlannedModel drawing,
    LoadedModel generator,
    Optional<LoadedModel> tokenizer,
    Background<SamplingRecord> record)
    implements AutoCloseable {

  /**
   * The models that are wanted, and what for.
   *
   * @param weights of the generator; empty if they are with what was compiled
   * @param type in which its matrices and the tokenizer's are stored
   * @param rows samples that are drawn at once
   * @param held bytes of pictures beside the models, by the tokenizer and the rows
   * @param isRecorded true if samples are kept, with a record of what they depend on
   */
  record Wanted(
      PlanSource source,
      Optional<Path> weights,
      WeightType type,
      Optional<TokenizerChoice> tokenizer,
      int rows,
      Conditions conditions,
      SampleSettings settings,
      ToLongBiFunction<PlannedModel, Integer> held,
      boolean isRecorded) {
    /** The precision in which the tokenizer decodes. */
    FunctionPrecision functions(Device device) {
      return new FunctionPrecision(Optional.of(type), device.multipliesBf16());
    }
  }

  /**
   * Plans and loads them.
   *
   * @throws BadInputException if they do not fit into memory together
   */
  static SampleModels load(Wanted wanted, Device device, SampleUser user, SampleGroup group) {
    Consumer<String> warn = text -> user.say("warning: " + text);
    Optional<TokenizerChoice> choice = group.leads() ? wanted.tokenizer : Optional.empty();
    Background<PlannedModel> decoding =
        choice
            .map(
                t ->
                    Background.of(
                        () -> t.plan(wanted.source, wanted.functions(device), wanted.rows, warn)))
            .orElse(null);
    PlannedModel drawing = plan(wanted, device, group);
    Optional<PlannedModel> planned = Optional.ofNullable(decoding).map(Background::get);
    new ModelMemory(
            planned.map(p -> List.of(drawing, p)).orElse(List.of(drawing)),
            device,
            samples -> planned.map(p -> wanted.held.applyAsLong(p, samples)).orElse(0L))
        .require("sampling " + drawing.model().name(), group.bounds(), warn);
    tell(drawing, user, group);
    Background<SamplingRecord> record =
        wanted.isRecorded || group.isShared()
            ? Background.of(() -> record(wanted, drawing, planned, device, group))
            : null;
    Optional<LoadedModel> tokenizer =
        planned.map(
            p ->
                choice
                    .orElseThrow()
                    .load(
                        p,
                        wanted.source.about(),
                        device,
                        user.weights(WeightsChoice.TOKENIZER_OPTION)));
    try {
      List<String> soon = List.of(CodeSampler.first(CodeSampler.generator(drawing.model())));
      LoadedModel generator =
          drawing.load(device, group.ranks().rank(), soon, user.weights(WeightsChoice.OPTION));
      return new SampleModels(drawing, generator, tokenizer, record);
    } catch (RuntimeException | Error e) {
      tokenizer.ifPresent(LoadedModel::close);
      throw e;
    }
  }

  /** Says what the user should know of the plan. */
  private static void tell(PlannedModel drawing, SampleUser user, SampleGroup group) {
    boolean uncached = WholeSequence.isIn(drawing.plan().storage().stream().map(StoredTensor::id));
    if (!group.isShared()) {
      if (uncached) {
        user.uncached(drawing);
      }
      return;
    }
    user.say(ParameterShare.of(drawing.plan()).text(group.ranks().size()));
    if (uncached) {
      user.say("warning: every code computes the whole sequence");
    }
  }

  private static PlannedModel plan(Wanted wanted, Device device, SampleGroup group) {
    int ranks = group.ranks().size();
    if (Integer.bitCount(ranks) != 1) {
      throw new BadInputException(
          ranks + " ranks",
          "a power of two: 2, 4, 8, …",
          "each has an equal part of every matrix that can be split");
    }
    if (group.isShared() && wanted.weights.isEmpty()) {
      throw new BadInputException(
          "the compiled generator holds its weights for one process",
          "the file of the weights beside it: --weights W.safetensors",
          "");
    }
    Outline.Signature entry = CodeSampler.generator(wanted.source.outline());
    return wanted.source.plan(
        wanted.weights,
        wanted.rows,
        m ->
            group.ofRank(
                ModelRequests.stored(
                    List.of(wanted.settings.request(entry.name())),
                    wanted.type,
                    device.readsPackedWeights())));
  }

  private static SamplingRecord record(
      Wanted wanted,
      PlannedModel drawing,
      Optional<PlannedModel> decoding,
      Device device,
      SampleGroup group) {
    return SamplingRecord.of(
            drawing, wanted.type, decoding.orElse(null), wanted.conditions, wanted.settings, device)
        .on(group.ranks().size());
  }

  @Override
  public void close() {
    generator.close();
    tokenizer.ifPresent(LoadedModel::close);
  }
}
