package dev.lgc.runtime.golden;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import java.util.List;
import java.util.Map;

/** Something that runs a model's steps. */
interface GoldenTarget {
  /** Prepares a model to do what is requested; storage starts as zeros. */
  Running open(CheckedModel model, List<Request> requests);

  /** A model that runs. All tensors are row-major; ints and bools are whole numbers. */
  interface Running extends AutoCloseable {
    /** Gives a stored tensor its value. */
    void store(String key, double[] value);

    /** The value of a stored tensor. */
    double[] stored(String key);

    /** Every stored tensor's key. */
    List<String> keys();

    /** Runs a step and returns its outputs. Inputs that the step does not have are passed over. */
    Map<String, double[]> run(String step, Map<String, double[]> inputs);

    @Override
    void close();
  }
}
