package dev.lgc.runtime.train;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.sample.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The decoder of a generator's pictures while training, {@code samples.tokenizer}: planned, so that
 * it is known what it takes, but not loaded.
 *
 * @param planned the decoder; empty if it cannot be
 * @param missing why it cannot be: the tokenizer is not trained yet, say
 */
public record Decoder(Optional<PlannedModel> planned, Optional<UserError> missing) {

  /**
   * That of a run; empty if it draws no pictures, or is a tokenizer, which decodes by itself.
   *
   * @param samples in a micro-batch
   */
  static Optional<Decoder> of(RunFile run, int samples) {
    RunConfig c = run.config();
    if (c.samples().every() == 0 || c.codes().isEmpty() || c.samples().tokenizer().isEmpty()) {
      return Optional.empty();
    }
    Path file = run.resolve(c.samples().tokenizer().get());
    int batch = Math.min(samples, c.samples().count());
    try {
      PlannedModel planned =
          run.at(
              "samples.tokenizer", () -> Tokenizer.plan(file, Optional.empty(), batch, "decode"));
      return Optional.of(new Decoder(Optional.of(planned), Optional.empty()));
    } catch (UserError e) {
      return Optional.of(new Decoder(Optional.empty(), Optional.of(e)));
    }
  }

  /**
   * The decoder.
   *
   * @throws UserError if it cannot be planned
   */
  PlannedModel orThrow() {
    return planned.orElseThrow(missing::orElseThrow);
  }
}
