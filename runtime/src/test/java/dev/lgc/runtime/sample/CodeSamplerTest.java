package dev.lgc.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.device.cpu.CpuDevice;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import dev.lgc.runtime.model.RandomKeys;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class CodeSamplerTest {
  private static final ModelChoice MODEL =
      new ModelChoice(
          TestResources.path("models/tiny.arch").toString(),
          "TinyGenerator",
          Map.of("image", "12", "dropout", "0.0"));
  private static final Conditions CLASSES = new Conditions.Classes(3, 0, 9, 3, 7);

  private static SampleSettings settings(double guidance, int interval, int topK, long seed) {
    return new SampleSettings(guidance, interval, 1, topK, 1, seed);
  }

  private static int[][] sample(int batch, SampleSettings s) {
    return sample(batch, s, session -> {});
  }

  private static int[][] sample(int batch, SampleSettings s, Consumer<Session> change) {
    CheckedModel model = Models.check(MODEL, batch);
    ExecutionPlan plan = Models.plan(model, List.of(new Request.Initialise(), s.request("codes")));
    try (Device device = new CpuDevice(2);
        Session session = Session.open(plan, device)) {
      initialise(session);
      change.accept(session);
      return new CodeSampler(session, plan, Outline.of(model), batch).sample(CLASSES, s, n -> {});
    }
  }

  private static void initialise(Session session) {
    RandomKeys.write(session.input("init", "key"), 5, 0, 0);
    session.run("init");
  }

  /** What a sampler without a cache draws: for each position all logits anew. */
  private static int[][] slow(double[] guidances) {
    int n = CLASSES.size();
    CheckedModel model = Models.check(MODEL, 2 * n);
    ExecutionPlan plan =
        Models.plan(model, List.of(new Request.Initialise(), new Request.Evaluate("scores")));
    try (Device device = new CpuDevice(2);
        Session session = Session.open(plan, device)) {
      initialise(session);
      MemorySegment drawn = session.input("scores", "drawn");
      MemorySegment labels = session.input("scores", "label");
      MemorySegment out = session.output("scores", "result");
      int length = guidances.length;
      int[][] codes = new int[n][length];
      for (int r = 0; r < n; r++) {
        labels.setAtIndex(ValueLayout.JAVA_INT, r, ((Conditions.Classes) CLASSES).labels()[r]);
        labels.setAtIndex(ValueLayout.JAVA_INT, n + r, 10);
      }
      for (int i = 0; i < length; i++) {
        session.run("scores");
        for (int r = 0; r < n; r++) {
          codes[r][i] = best(out, r, n + r, i, length, guidances[i]);
          for (int row : new int[] {r, n + r}) {
            if (i < length - 1) {
              drawn.setAtIndex(ValueLayout.JAVA_INT, (long) row * (length - 1) + i, codes[r][i]);
            }
          }
        }
      }
      return codes;
    }
  }

  private static int best(
      MemorySegment scores, int row, int none, int position, int length, double guidance) {
    int best = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < 16; k++) {
      double with =
          scores.getAtIndex(ValueLayout.JAVA_FLOAT, ((long) row * length + position) * 16 + k);
      double without =
          scores.getAtIndex(ValueLayout.JAVA_FLOAT, ((long) none * length + position) * 16 + k);
      double score = without + guidance * (with - without);
      if (score > most) {
        most = score;
        best = k;
      }
    }
    return best;
  }

  private static void assertSame(int[][] expected, int[][] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i], "sample " + i);
    }
  }

  @Test
  void greedyCodesAreThoseOfTheFullForward() {
    assertSame(slow(new double[] {1, 1, 1, 1, 1, 1, 1, 1, 1}), sample(5, settings(1, -1, 1, 0)));
  }

  @Test
  void guidanceCombinesConditionedAndUnconditionedLogits() {
    assertSame(slow(new double[] {3, 3, 3, 3, 3, 3, 3, 3, 3}), sample(5, settings(3, -1, 1, 0)));
  }

  @Test
  void anIntervalOfOneGuidesThreeCodes() {
    int[][] expected = slow(new double[] {3, 3, 3, 1, 1, 1, 1, 1, 1});
    assertSame(expected, sample(5, settings(3, 1, 1, 0)));
    assertFalse(Arrays.deepEquals(expected, slow(new double[] {3, 3, 3, 3, 3, 3, 3, 3, 3})));
  }

  @Test
  void moreSamplesThanABatchAreDrawnInSeveral() {
    assertSame(sample(5, settings(2, -1, 1, 0)), sample(2, settings(2, -1, 1, 0)));
  }

  @Test
  void theBatchChangesNoDraw() {
    for (int topK : new int[] {0, 7}) {
      SampleSettings s = settings(1.5, -1, topK, 3);
      int[][] together = sample(5, s);
      for (int batch : new int[] {1, 2, 3, 4}) {
        assertSame(together, sample(batch, s));
      }
    }
  }

  @Test
  void logitsThatAreNotFiniteEndTheSamplingAtTheirPosition() {
    BadInputException first =
        assertThrows(
            BadInputException.class,
            () -> sample(2, settings(1, -1, 0, 0), session -> fill(session, "out", 0)));
    assertTrue(
        first.what().startsWith("codes.prefill computes logits that are not finite"), first.what());
    assertTrue(first.what().endsWith("for code 1 of 9 of sample 0"), first.what());

    // Only the embedding of one code is damaged: all is well until it is drawn.
    int[][] sound = sample(5, settings(1, -1, 1, 0));
    int damaged = sound[1][2];
    assertTrue(
        Arrays.stream(sound[1], 0, 2).noneMatch(c -> c == damaged)
            && Arrays.stream(sound[0]).noneMatch(c -> c == damaged),
        Arrays.deepToString(sound));
    BadInputException later =
        assertThrows(
            BadInputException.class,
            () ->
                sample(1, settings(1, -1, 1, 0), session -> fill(session, "code_table", damaged)));
    assertTrue(later.what().startsWith("codes.step "), later.what());
    assertTrue(later.what().endsWith("for code 4 of 9 of sample 1"), later.what());
  }

  /** NaN in a row of a parameter. */
  private static void fill(Session session, String parameter, int row) {
    int width = session.storageTensor(parameter).type().shape().dim(1);
    MemorySegment values = session.editStorage(parameter);
    for (int i = 0; i < width; i++) {
      values.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * width + i, Float.NaN);
    }
  }

  @Test
  void equalSeedsGiveEqualCodesAndOthersOthers() {
    int[][] once = sample(5, settings(1, -1, 0, 3));
    assertSame(once, sample(5, settings(1, -1, 0, 3)));
    assertFalse(Arrays.deepEquals(once, sample(5, settings(1, -1, 0, 4))));
    List<Integer> all = new ArrayList<>();
    for (int[] row : once) {
      for (int c : row) {
        assertTrue(c >= 0 && c < 16);
        all.add(c);
      }
    }
    assertTrue(all.stream().distinct().count() > 5, all.toString());
  }

  @Test
  void settingsThatMeanNothingAreRefused() {
    assertThrows(BadInputException.class, () -> new SampleSettings(1, -1, 0, 0, 1, 0));
    assertThrows(BadInputException.class, () -> new SampleSettings(1, -1, 1, -1, 1, 0));
    assertThrows(BadInputException.class, () -> new SampleSettings(1, -1, 1, 0, 0, 0));
    assertThrows(BadInputException.class, () -> new SampleSettings(Double.NaN, -1, 1, 0, 1, 0));
  }
}
