package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.sample.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The decoder of a generator's pictures while training, {@code samples.tokenizer}: planned, so that
 * its memory is known, but not loaded.
 */
public sealed interface PreviewDecoder {
  /**
   * A decoder that can be loaded.
   *
   * @param warnings about the folder of its checkpoints
   */
  record Planned(PlannedModel model, List<String> warnings) implements PreviewDecoder {
    public Planned {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * A decoder that cannot be planned.
   *
   * @param why the tokenizer is not trained yet, say
   */
  record Missing(UserError why) implements PreviewDecoder {}

  /**
   * The decoder of a run; empty if the run draws no pictures, or is a tokenizer, which decodes by
   * itself.
   *
   * @param samples in a micro-batch
   */
  static Optional<PreviewDecoder> of(RunFile run, int samples) {
    RunConfig c = run.config();
    if (c.samples().every() == 0 || c.codes().isEmpty() || c.samples().tokenizer().isEmpty()) {
      return Optional.empty();
    }
    Path file = run.resolve(c.samples().tokenizer().get());
    int batch = batch(c, samples);
    List<String> warnings = new ArrayList<>();
    try {
      PlannedModel planned =
          run.at(
              "samples.tokenizer",
              () -> Tokenizer.plan(file, WeightsChoice.best(), batch, warnings::add, "decode"));
      return Optional.of(new Planned(planned, warnings));
    } catch (UserError e) {
      return Optional.of(new Missing(e));
    }
  }

  /**
   * Pictures that are decoded together.
   *
   * @param samples in a micro-batch
   */
  static int batch(RunConfig c, int samples) {
    return Math.min(samples, c.samples().count());
  }

  /** The decoder, if it can be loaded. */
  default Optional<PlannedModel> planned() {
    return switch (this) {
      case Planned p -> Optional.of(p.model());
      case Missing _ -> Optional.empty();
    };
  }

  /** The reason why there is none, if so. */
  default Optional<UserError> missing() {
    return switch (this) {
      case Planned _ -> Optional.empty();
      case Missing m -> Optional.of(m.why());
    };
  }

  /**
   * The decoder.
   *
   * @throws UserError if it cannot be planned
   */
  default PlannedModel orThrow() {
    return switch (this) {
      case Planned p -> p.model();
      case Missing m -> throw m.why();
    };
  }
}
