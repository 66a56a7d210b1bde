package dev.lgc.compiler.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.EmulatedDevice;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.plan.EmittedPlan;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanRunner;
import dev.lgc.compiler.plan.Plans;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.type.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The error function on every target, against SciPy 1.17 in double precision. */
@Tag("backend")
final class ErfTest {
  /** Floats and their error function. */
  private static final double[][] SCIPY = {
    {1.0000000031710769e-30, 1.1283791706736896e-30},
    {9.999999974752427e-07, 1.1283791642462529e-06},
    {0.0010000000474974513, 0.0011283788445643173},
    {0.009999999776482582, 0.011283415303662439},
    {0.05000000074505806, 0.05637197863562547},
    {0.10000000149011612, 0.1124629176829705},
    {0.20000000298023224, 0.2227025924414519},
    {0.30000001192092896, 0.32862677175271543},
    {0.4000000059604645, 0.4283923607779012},
    {0.46875, 0.492613473217938},
    {0.5, 0.5204998778130465},
    {0.6000000238418579, 0.6038561096172717},
    {0.699999988079071, 0.6778011855967799},
    {0.800000011920929, 0.7421009718004437},
    {0.8999999761581421, 0.7969082004549684},
    {0.9200000166893005, 0.8067677296258079},
    {0.9277343153953552, 0.8104847413170774},
    {0.927734375, 0.8104847697578773},
    {0.9407200217247009, 0.8166065742539551},
    {0.949999988079071, 0.8208908018180312},
    {1.0, 0.8427007929497148},
    {1.100000023841858, 0.8802050775963802},
    {1.2000000476837158, 0.9103139909776065},
    {1.350000023841858, 0.9437622004707632},
    {1.5, 0.9661051464753108},
    {1.7000000476837158, 0.9837904615810698},
    {1.899999976158142, 0.9927904285074909},
    {2.0, 0.9953222650189527},
    {2.299999952316284, 0.9988568231313698},
    {2.5999999046325684, 0.9997639654587253},
    {3.0, 0.9999779095030014},
    {3.299999952316284, 0.9999969422892004},
    {3.5999999046325684, 0.9999996441367538},
    {3.9000000953674316, 0.9999999652077781},
    {3.950000047683716, 0.9999999767832768},
    {4.0, 0.9999999845827421},
    {4.5, 0.9999999998033839},
    {6.0, 1.0},
    {30.0, 1.0},
    {3.0000000054977558e+38, 1.0},
  };

  /** How many units in the last place a target may be off. */
  private static final double ULPS = 2;

  private final int n = SCIPY.length;
  private final ExecutionPlan plan = plan(2 * n + 3);

  private static ExecutionPlan plan(int n) {
    GraphBuilder b = new GraphBuilder();
    int y = b.add(new Erf(), b.add(new Input("x", TensorType.f32(n))));
    return Plans.of("erf", List.of(), List.of(b.build("erf", Map.of("y", y), Map.of())));
  }

  @Test
  void everyTargetIsWithinTwoUnitsInTheLastPlace() {
    for (int lanes : new int[] {1, 4, 8, 16}) {
      JvmEmitter emitter = new JvmEmitter(new Machine(lanes, true, 1), List.of());
      check(lanes + " lanes", new EmittedPlan(plan, emitter, 1));
    }
    check("a device", new EmulatedDevice(plan, DeviceLimits.PORTABLE, false));
  }

  private void check(String target, PlanRunner runner) {
    double[] x = new double[2 * n + 3];
    for (int i = 0; i < n; i++) {
      x[i] = SCIPY[i][0];
      x[n + i] = -SCIPY[i][0];
    }
    x[2 * n] = Double.POSITIVE_INFINITY;
    x[2 * n + 1] = Double.NEGATIVE_INFINITY;
    x[2 * n + 2] = Double.NaN;
    double[] y;
    try (runner) {
      Step step = plan.step("erf");
      runner.write(step.inputs().get("x"), x);
      runner.run("erf");
      y = runner.read(step.outputs().get("y"));
    }
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      double off = Math.abs(y[i] - SCIPY[i][1]) / Math.ulp((float) SCIPY[i][1]);
      if (!(off <= ULPS)) {
        wrong.add(SCIPY[i][0] + ": " + y[i] + ", off by " + off);
      }
      assertEquals(-y[i], y[n + i], target + ", odd at " + SCIPY[i][0]);
    }
    assertTrue(wrong.isEmpty(), () -> target + " " + wrong);
    assertEquals(1, y[2 * n], target);
    assertEquals(-1, y[2 * n + 1], target);
    assertTrue(Double.isNaN(y[2 * n + 2]), target);
  }
}
