package dev.lgc.runtime.bench;

import dev.lgc.compiler.cost.Cost;
import dev.lgc.compiler.cost.Limits;
import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.emit.tornado.LayoutBuilder;
import dev.lgc.compiler.emit.tornado.TornadoEmitter;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.Models;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How the kernels of LlamaGen are cut up for a GPU that is not here: for each, how many work-items
 * share its work. Those with few items and much work are what would take long.
 *
 * <pre>
 * ScheduleList [size [images [tokens a side]]]      B 8 16 by default
 * </pre>
 */
final class ScheduleList {
  /** An H200: 132 processors, of which each runs 2048 items. */
  private static final DeviceLimits H200 =
      new DeviceLimits(1024, 32768, 8 * 132, Integer.MAX_VALUE * 4L);

  private static final Limits PEAK = new Limits(67e12, 4.8e12, 0);
  private static final double RESIDENT = 132 * 2048;

  private ScheduleList() {}

  /** A kernel's calls in a step. */
  private record Row(String name, String schedule, Cost cost, String where, int calls, long items) {
    Row again() {
      return new Row(name, schedule, cost, where, calls + 1, items);
    }

    /** Seconds if the device's items were all that counts: those missing leave it idle. */
    double likely() {
      return calls * PEAK.seconds(cost) * Math.max(1, RESIDENT / items);
    }
  }

  public static void main(String[] arguments) {
    String size = arguments.length > 0 ? arguments[0] : "B";
    int images = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 8;
    int side = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 16;
    Map<String, String> parameters = Map.of("size", size, "image", String.valueOf(16 * side));
    CheckedModel model =
        Models.check(new ModelChoice("llamagen", "ClassToImage", parameters), images);
    list(model, List.of(new Request.Generate("codes", true, true, false)));
    Request.Optimizer adamW = new Request.Optimizer(0.9, 0.95, 1e-8, 0.05, 1, false);
    list(model, Request.training(List.of("next_token"), adamW, false));
  }

  private static void list(CheckedModel model, List<Request> requests) {
    ExecutionPlan plan = Models.plan(model, requests);
    DeviceLayout layout = LayoutBuilder.layout(plan, H200);
    PlanCost costs = PlanCost.of(plan);
    for (Step step : plan.steps().values()) {
      Map<Object, Long> items = new IdentityHashMap<>();
      for (DeviceTask t : TornadoEmitter.emit(plan, layout, step.name())) {
        items.merge(t.call(), (long) t.globalSize(), Math::max);
      }
      Map<Integer, Row> rows = new LinkedHashMap<>();
      for (int i = 0; i < step.kernelCalls().size(); i++) {
        var call = step.kernelCalls().get(i);
        String schedule = layout.steps().get(step.name()).get(i).schedule().text();
        Row row =
            new Row(
                plan.kernels().get(call.kernel()).name(),
                schedule,
                costs.kernels().get(call.kernel()),
                call.origin().where().toString(),
                1,
                items.get(call));
        rows.merge(call.kernel(), row, (x, y) -> x.again());
      }
      print(step, rows);
    }
  }

  private static void print(Step step, Map<Integer, Row> rows) {
    double least = rows.values().stream().mapToDouble(r -> r.calls * PEAK.seconds(r.cost)).sum();
    double likely = rows.values().stream().mapToDouble(Row::likely).sum();
    System.out.printf(
        Locale.ROOT,
        "%s: %.0f us at least, %.0f with idle items%n",
        step.name(),
        least * 1e6,
        likely * 1e6);
    rows.values().stream()
        .sorted((x, y) -> Double.compare(y.likely(), x.likely()))
        .limit(60)
        .forEach(
            r ->
                System.out.printf(
                    Locale.ROOT,
                    "  %-34.34s x%-3d %8.1f us  %8.1f us  %9d items  %-52s %s%n",
                    r.name,
                    r.calls,
                    r.calls * PEAK.seconds(r.cost) * 1e6,
                    r.likely() * 1e6,
                    r.items,
                    r.schedule,
                    r.where));
  }
}
