package dev.lgc.compiler.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.KernelCall;
import dev.lgc.compiler.plan.PlanDump;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the blocks of models are fused to. The files are reviewed as diffs and rewritten by {@code
 * -Dlgc.update-goldens=true}.
 */
@Tag("pure")
final class KernelGoldenTest {
  private final Blocks n = new Blocks();

  @Test
  void rmsNormIsOneKernelForwardAndFourWithItsGradients() throws IOException {
    int x = n.input("x", 8, 256, 768);
    compare("rms_norm", n.forward("rms_norm", n.rmsNorm("norm", x)), 1);
    Blocks m = new Blocks();
    int y = m.input("x", 8, 256, 768);
    compare("rms_norm_gradients", m.backward("rms_norm", m.rmsNorm("norm", y), y), 4);
  }

  @Test
  void swiGluIsOneKernelBesideItsContractions() throws IOException {
    int x = n.input("x", 2, 256, 768);
    compare("swiglu", n.forward("swiglu", n.swiGlu("ffn", x, 2048)), 4);
    Blocks m = new Blocks();
    int y = m.input("x", 2, 256, 768);
    compare("swiglu_gradients", m.backward("swiglu", m.swiGlu("ffn", y, 2048), y), 13);
  }

  @Test
  void crossEntropyAndItsGradientAreOneRowKernelAndAMean() throws IOException {
    int x = n.input("logits", 2, 256, 16384);
    int loss = n.crossEntropy(x, n.integers("codes", 2, 256));
    compare("cross_entropy", n.gradients("cross_entropy", loss, x), 2);
  }

  @Test
  void groupNormIsOneKernel() throws IOException {
    int x = n.input("x", 1, 128, 64, 64);
    compare("group_norm", n.forward("group_norm", n.groupNorm("norm", x, 32)), 1);
    Blocks m = new Blocks();
    int y = m.input("x", 1, 128, 64, 64);
    compare("group_norm_gradients", m.backward("group_norm", m.groupNorm("norm", y, 32), y), 4);
  }

  @Test
  void aLlamaBlockIsTenCallsForward() throws IOException {
    int x = n.input("x", 2, 256, 768);
    int key = n.integers("key", 4);
    int rope = n.input("rope", 256, 32, 2);
    int h = n.llamaBlock("layers.0", x, 12, rope, key);
    h = n.llamaBlock("layers.1", h, 12, rope, key);
    compare("llama_blocks", n.forward("llama", h), 21);
  }

  @Test
  void aLlamaBlockWithItsGradientsIsThirtyTwoCalls() throws IOException {
    int x = n.input("x", 2, 256, 768);
    int key = n.integers("key", 4);
    int rope = n.input("rope", 256, 32, 2);
    int h = n.llamaBlock("layers.0", x, 12, rope, key);
    compare("llama_gradients", n.backward("llama", h, x), 32);
  }

  @Test
  void attentionIsOneKernelAndItsGradientsAnother() throws IOException {
    int q = n.input("q", 2, 256, 768);
    int k = n.input("k", 2, 256, 768);
    int v = n.input("v", 2, 256, 768);
    compare("attention", n.forward("attention", n.attention(q, k, v, 12, 12)), 1);
    // The result is not asked for, so that only the gradients need the scores: as where a pass
    // has them computed again.
    Blocks m = new Blocks();
    int[] x = {m.input("q", 2, 256, 768), m.input("k", 2, 256, 768), m.input("v", 2, 256, 768)};
    int y = m.attention(x[0], x[1], x[2], 12, 12);
    compare("attention_gradients", m.backwardOnly("attention", y, x), 1);
  }

  @Test
  void queriesOfOneKeyHeadAreRowsOfItsProducts() throws IOException {
    int q = n.input("q", 2, 96, 512);
    int k = n.input("k", 2, 96, 256);
    int v = n.input("v", 2, 96, 256);
    compare("grouped_attention", n.forward("attention", n.attention(q, k, v, 8, 4)), 1);
  }

  @Test
  void fewLargeBatchesAreDividedIntoBlocksOfRows() throws IOException {
    int q = n.input("q", 1, 1024, 128);
    int k = n.input("k", 1, 1024, 128);
    int v = n.input("v", 1, 1024, 128);
    compare("long_attention", n.forward("attention", n.attention(q, k, v, 2, 2)), 1);
  }

  @Test
  void aResidualBlockIsFiveCallsForward() throws IOException {
    int x = n.input("x", 1, 128, 64, 64);
    compare("residual", n.forward("residual", n.residual("res", x)), 5);
    Blocks m = new Blocks();
    int y = m.input("x", 1, 128, 64, 64);
    compare("residual_gradients", m.backward("residual", m.residual("res", y), y), 15);
  }

  @Test
  void equalLayersShareTheirKernels() {
    int x = n.input("x", 2, 64, 64);
    int key = n.integers("key", 4);
    int rope = n.input("rope", 64, 8, 2);
    for (int i = 0; i < 8; i++) {
      x = n.llamaBlock("layers." + i, x, 4, rope, key);
    }
    ExecutionPlan plan = n.backward("llama", x);
    int calls = plan.steps().get("llama").calls().size();
    assertTrue(calls > 8 * 28, calls + " calls");
    assertTrue(plan.kernels().size() < 50, plan.kernels().size() + " kernels");
    for (KernelCall c : plan.steps().get("llama").kernelCalls()) {
      assertTrue(c.slots().size() <= 20, c.slots().size() + " buffers in " + c.label());
    }
  }

  private static void compare(String name, ExecutionPlan plan, int calls) throws IOException {
    String actual = PlanDump.fused(plan) + PlanDump.kernels(plan);
    Path file = Path.of("src/test/resources/dev/lgc/compiler/fuse", name + ".txt");
    if (Boolean.getBoolean("lgc.update-goldens")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, actual);
    }
    assertEquals(Files.readString(file), actual, name);
    assertEquals(calls, plan.steps().values().iterator().next().calls().size(), name);
  }
}
