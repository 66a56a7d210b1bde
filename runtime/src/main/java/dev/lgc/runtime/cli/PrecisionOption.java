package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.config.RunConfig.Precision;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.train.TrainJob;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The precision of training, like {@code precision} of a run. */
final class PrecisionOption {
  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      defaultValue = "f32",
      description =
          "the type to which training rounds the factors of products: f32, the default, "
              + "or bf16 (mixed precision)")
  private Precision type;

  /** The requests, of which those of training are in this precision. */
  List<Request> in(List<Request> requests) {
    return TrainJob.in(type, requests);
  }

  Precision type() {
    return type;
  }

  boolean isMixed() {
    return type != Precision.F32;
  }

  /** Refuses to use a model in it, which is what {@code --weights-type} is for. */
  void refuseToUse() {
    if (isMixed()) {
      throw new BadInputException(
          "inference with --precision " + this,
          "training: --for training",
          "--weights-type bf16 quantizes weights that are only read");
    }
  }

  @Override
  public String toString() {
    return type.name().toLowerCase(Locale.ROOT);
  }

  /** The requests of training a model with the precision that was asked for. */
  List<Request> training(CheckedModel model, boolean averaged) {
    return in(ModelRequests.training(model, averaged));
  }
}
