package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.FunctionPrecision;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.model.PlanSource;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option for the storage type of a model's matrices that are only read. */
final class WeightsOption {
  @Option(
      names = "--weights-type",
      paramLabel = "TYPE",
      description =
          "the storage type of matrices that are only read: f32, bf16 (half the "
              + "bytes) or int8 (a quarter, with a scale for each output channel). bf16 and "
              + "int8 also store keys and values of earlier positions in bf16. With bf16, on a "
              + "processor that multiplies it, convolutions and other products of functions such "
              + "as encode and decode are computed of bf16 factors. By default as a .lgc was "
              + "compiled, else f32")
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

  /** The precision of a tokenizer's functions on a device, as it was asked for. */
  FunctionPrecision functions(Device device) {
    return new FunctionPrecision(Optional.ofNullable(given), device.multipliesBf16());
  }

  /**
   * The requests of inference, with weights of the type that was asked for.
   *
   * @param packed true if the device reads packed weights ({@link Device#readsPackedWeights}); only
   *     generators have them, which read weights for few rows at a time
   * @param multipliesBf16 true if the device does ({@link Device#multipliesBf16})
   */
  List<Request> in(List<Request> inference, boolean packed, boolean multipliesBf16) {
    return ModelRequests.rounded(
        ModelRequests.stored(inference, type(), packed), type(), multipliesBf16);
  }

  /** The requests of inference on this machine's processor, with packed weights of the type. */
  List<Request> inference(CheckedModel model, boolean guided) {
    return in(ModelRequests.inference(model, guided), true, Targets.DEFAULT.multipliesBf16());
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
