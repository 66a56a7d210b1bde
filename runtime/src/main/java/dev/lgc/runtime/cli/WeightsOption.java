package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.model.PlanSource;
import java.util.List;
import picocli.CommandLine.Option;

/** The option for the storage type of a model's matrices that are only read. */
final class WeightsOption {
  @Option(
      names = "--weights-type",
      paramLabel = "TYPE",
      description =
          "the storage type of matrices that are only read: f32, bf16 (half the "
              + "bytes) or int8 (a quarter, with a scale for each output channel). bf16 and "
              + "int8 also store keys and values of earlier positions in bf16. By default as a "
              + ".lgc was compiled, else f32")
  private WeightType given;

  /** The type that was asked for. */
  WeightType type() {
    return given == null ? WeightType.F32 : given;
  }

  /** The type that was asked for, else that which {@code source} was compiled with. */
  WeightType type(PlanSource source) {
    return given == null ? source.weightType() : given;
  }

  /** Returns true if weights are stored in fewer bits than they are trained in. */
  boolean isQuantized() {
    return type().isQuantized();
  }

  /**
   * The requests of inference, with weights of the type that was asked for, else as they were
   * compiled.
   *
   * @param packed as of {@link #in(List, boolean)}
   */
  List<Request> in(List<Request> inference, PlanSource source, boolean packed) {
    return ModelRequests.stored(inference, type(source), packed);
  }

  /**
   * The requests of inference, with weights of the type that was asked for.
   *
   * @param packed true if the device reads packed weights ({@link Device#readsPackedWeights}); only
   *     generators have them, which read weights for few rows at a time
   */
  List<Request> in(List<Request> inference, boolean packed) {
    return ModelRequests.stored(inference, type(), packed);
  }

  /** The requests of inference with a model, with packed weights of the type that was asked for. */
  List<Request> inference(CheckedModel model, boolean guided) {
    return in(ModelRequests.inference(model, guided), true);
  }

  /**
   * Refuses to train with such weights.
   *
   * @param instead what the user may say instead
   */
  void refuseToTrain(String instead) {
    if (isQuantized()) {
      throw new BadInputException(
          "training with weights in " + type().keyword(),
          "f32: training changes weights by too little for fewer bits",
          instead);
    }
  }
}
