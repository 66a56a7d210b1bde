package dev.lgc.runtime.train;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.sample.SampleSettings;
import java.util.List;

/** The requests of a plan that can draw the {@link Previews} of a run. */
final class PreviewRequests {
  private PreviewRequests() {}

  static List<Request> of(RunConfig c, CheckedModel model) {
    if (c.codes().isPresent()) {
      return List.of(settings(c).request(CodeSampler.generator(Outline.of(model)).name()));
    }
    return List.of(
        new Request.Evaluate(LoadedModel.entry(Outline.of(model), "encode").name()),
        new Request.Evaluate(LoadedModel.entry(Outline.of(model), "decode").name()));
  }

  /** The settings that a generator draws them with. */
  static SampleSettings settings(RunConfig c) {
    return new SampleSettings(c.samples().guidance(), -1, 1, 0, 1, c.seed());
  }
}
