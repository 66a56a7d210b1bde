package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Origin;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option that says in which type a model's matrices are stored where they are only read. */
final class WeightsOption {
  @Option(
      names = "--weights-type",
      paramLabel = "TYPE",
      description =
          "the type in which matrices that are only read are stored: f32, bf16 (half the "
              + "bytes) or int8 (a quarter, with a scale for each output channel). bf16 and "
              + "int8 also store keys and values of earlier positions in bf16. By default as a "
              + ".lgc was compiled, else f32")
  private WeightType given;

  /** The type that was asked for. */
  WeightType type() {
    return given == null ? WeightType.F32 : given;
  }

  /** The type that was asked for, else that which {@code of} was compiled with. */
  WeightType type(Origin of) {
    return given == null ? of.weightType() : given;
  }

  /** Whether that takes fewer bits than they are trained in. */
  boolean isQuantized() {
    return type().isQuantized();
  }

  /**
   * What using a model needs, with weights of the type that was asked for, else as they were
   * compiled.
   *
   * @param panels as of {@link #in(List, boolean)}
   */
  List<Request> in(List<Request> using, Origin of, boolean panels) {
    return stored(using, type(of), panels);
  }

  /**
   * What using a model needs, with weights of this type.
   *
   * @param panels whether the device reads panels ({@link Device#readsPanels}): they are for few
   *     rows at a time, as in drawing codes
   */
  List<Request> in(List<Request> using, boolean panels) {
    return stored(using, type(), panels);
  }

  /** The same with a given type. */
  static List<Request> stored(List<Request> using, WeightType type, boolean panels) {
    boolean packed = panels && using.stream().anyMatch(r -> r instanceof Request.Generate);
    if (!type.isQuantized() && !packed) {
      return using;
    }
    List<Request> all = new ArrayList<>(using);
    all.add(new Request.StoreWeights(type, packed));
    return all;
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
