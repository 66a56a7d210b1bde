package dev.lgc.runtime.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.pipeline.Compiler;
import dev.lgc.compiler.pipeline.Derived;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.rewrite.WeightType;
import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.InterpreterDevice;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.model.Weights;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Drawing codes with weights in fewer bits: what that does to the reference's logits. */
final class NarrowWeightsTest {
  private static final int CODES = 16;
  private static final int ROWS = 4;
  private static final int VOCABULARY = 128;

  /** Products that one after the other a logit goes through. */
  private static final int PRODUCTS = 3 * 5 + 1;

  /** Relative error of a weight: at most, or half a step where the largest is three deviations. */
  private static double error(WeightType type) {
    return switch (type) {
      case F32 -> 0x1p-24;
      case BF16 -> 0x1p-9;
      case INT8 -> 3 * 0.5 / 127;
    };
  }

  @ParameterizedTest
  @EnumSource(WeightType.class)
  void logitsAreOffByWhatTheWeightsAre(WeightType type) {
    GoldenFile golden = GoldenFile.open("gpt_tiny_c2i_generate");
    Derived derived =
        Compiler.derive(
            GoldenModels.classToImage(4, ROWS),
            List.of(new Request.Generate("codes", false, true, false), new Request.Hold(type)));
    ExecutionPlan plan = Compiler.plan(derived);
    double[] compiled = logits(plan, new CpuDevice(2), golden);
    double[] meant =
        logits(plan, new InterpreterDevice(derived.graphs(), Precision.AS_TYPED), golden);
    new Parity(type + " on jvm, beside the interpreter").forward("logits", meant, compiled).check();
    double off = Parity.relativeError(golden.get("cfg1.intm1.logits"), compiled);
    // Errors of products in a row are independent: they add up as their squares.
    double allowed = Math.max(Parity.FORWARD, Math.sqrt(PRODUCTS) * error(type));
    System.out.printf("%s: logits off by %.1e (at most %.1e)%n", type, off, allowed);
    assertTrue(off <= allowed, type + ": " + off + ", at most " + allowed);
    assertTrue(type == WeightType.F32 || off > 1e-4, type + " changes nothing: " + off);
  }

  /** The logits of every position, given the reference's codes before it. */
  private static double[] logits(ExecutionPlan plan, Device device, GoldenFile golden) {
    double[] all = new double[ROWS * CODES * VOCABULARY];
    double[] tokens = golden.get("cfg1.intm1.tokens");
    try (device;
        Session session = Session.open(plan, device);
        SafetensorsFile weights =
            SafetensorsFile.open(SharedFiles.require("golden/gpt_tiny_c2i.safetensors"))) {
      new Weights(session, plan).load(weights, false);
      session.inputTensor("codes.prefill", "label").fill(golden.get("labels"));
      for (int i = 0; i < CODES; i++) {
        String step = i == 0 ? "codes.prefill" : "codes.step";
        session.inputTensor(step, "temperature").fill(1);
        session.inputTensor(step, "top_k").fill(1);
        session.inputTensor(step, "key").fill(1, 2, 3, 4);
        if (i > 0) {
          session.inputTensor(step, "position").fill(i - 1);
          for (int r = 0; r < ROWS; r++) {
            session.inputTensor(step, "token").set(r, tokens[r * CODES + i - 1]);
          }
        }
        session.run(step);
        double[] here = session.outputTensor(step, "logits").toArray();
        for (int r = 0; r < ROWS; r++) {
          int to = (r * CODES + i) * VOCABULARY;
          System.arraycopy(here, r * VOCABULARY, all, to, VOCABULARY);
        }
      }
    }
    return all;
  }
}
