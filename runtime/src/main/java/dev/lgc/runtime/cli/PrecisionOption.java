package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.runtime.config.RunConfig.Precision;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.train.TrainJob;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** What training computes in, as {@code precision} of a run says it. */
final class PrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      defaultValue = "f32",
      description =
          "what training rounds the factors of products to: f32, or bf16 (mixed precision); f32 by"
              + " default")
  private Precision type;

  /** What is asked for, where it is training in this precision. */
  List<Request> in(List<Request> requests) {
    return TrainJob.in(type, requests);
  }

  boolean isMixed() {
    return type != Precision.F32;
  }

  /** Refuses to use a model in it, which is what {@code --weights-type} is for. */
  void refuseToUse() {
    if (isMixed()) {
      throw new BadInputException(
          "using a model with --precision " + this,
          "training: --for training",
          "--weights-type bf16 holds weights in fewer bits where they are only read");
    }
  }

  @Override
  public String toString() {
    return type.name().toLowerCase(Locale.ROOT);
  }
}
