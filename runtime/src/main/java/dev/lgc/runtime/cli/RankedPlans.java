package dev.lgc.runtime.cli;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.simulate.InferencePlan;
import dev.lgc.runtime.simulate.RankPlanning;
import dev.lgc.runtime.simulate.RanksPlan;
import java.util.List;
import java.util.function.Function;

/**
 * The plans for several ranks that {@code lgc plan} makes.
 *
 * @param memory bytes that the tensors of a rank may take
 * @param limits of a rank's device, as the user gives them; null for those of this machine
 * @param threads of the processor; 0 for all
 */
record RankedPlans(
    RankOptions ranks,
    ModelOptions model,
    BatchOption batch,
    long memory,
    String limits,
    int threads) {

  /** Exactly the training of a run. */
  RanksPlan of(RunFile file) {
    return ranks.planning(limits, threads == 0 ? file.config().threads() : threads).of(file);
  }

  /** Training, of which ranks share each batch. */
  RanksPlan training(Function<CheckedModel, List<Request>> requests) {
    RankPlanning planning = ranks.planning(limits, threads);
    int samples = planning.samples(batch.samples());
    CheckedModel checked = model.argument(samples).checkInputs();
    return planning.of(checked, requests.apply(checked), samples, memory);
  }

  /** Inference, for which each rank has a part of the model. */
  InferencePlan inference(Function<CheckedModel, List<Request>> requests) {
    ranks.refuseDrawing();
    RankPlanning planning = ranks.planning(limits, threads);
    CheckedModel checked = model.argument(batch.samples()).checkInputs();
    return InferencePlan.of(
        checked,
        batch.samples(),
        requests.apply(checked),
        planning.network(),
        memory,
        planning.rank());
  }
}
