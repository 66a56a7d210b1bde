package dev.lgc.runtime.simulate;

import dev.lgc.compiler.cost.PlanCost;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.Step;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Scaled;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.ByteSize;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.train.BatchParts;
import dev.lgc.runtime.train.StorageGroups;
import dev.lgc.runtime.train.TrainJob;
import dev.lgc.runtime.train.TrainMemory;
import dev.lgc.runtime.train.UnplannedJob;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Planning for ranks, of a model or of exactly what a run file trains.
 *
 * @param network the ranks
 * @param host the limits of what one process on a host computes on
 * @param shared true if the ranks of a host share that; each has as much otherwise
 */
public record RankPlanning(Network network, MachineLimits.Known host, boolean shared) {

  /** The limits of what a rank computes on. */
  public MachineLimits.Known rank() {
    return shared ? host.sharedBy(network.perHost()) : host;
  }

  /**
   * Samples of each rank.
   *
   * @param batch samples of all ranks together
   * @throws BadInputException if they cannot be shared out evenly
   */
  public int samples(int batch) {
    if (batch % network.ranks() != 0) {
      throw new BadInputException(
          Text.format("--batch %d on %s", batch, Text.count(network.ranks(), "rank")),
          "a multiple of " + network.ranks(),
          "every rank computes as many samples of a batch as the others");
    }
    return batch / network.ranks();
  }

  /**
   * Plans the training of a model.
   *
   * @param model for the samples of a rank
   * @param requests for training it; none if it has no objective
   * @param samples of a rank
   * @param memory bytes that the tensors of a rank may take
   * @throws BadInputException if no strategy fits
   */
  public RanksPlan of(CheckedModel model, List<Request> requests, int samples, long memory) {
    if (requests.isEmpty()) {
      throw new BadInputException(
          "the model " + model.name() + " has no objective", "one", "ranks share training");
    }
    int shards = network.ranks();
    RanksPlan plan =
        RanksPlan.of(
            new RankJob(
                model,
                requests,
                samples,
                shards,
                1,
                OptionalInt.empty(),
                memory,
                true,
                network,
                host,
                shared));
    plan.misfit()
        .ifPresent(
            m -> {
              throw new BadInputException(
                  m.words(),
                  "--memory of at least " + Scaled.bytesUp(m.needed()),
                  "a smaller --batch takes less");
            });
    return plan;
  }

  /**
   * The optimizer step of a run that is planned already, played.
   *
   * @param job of one of the ranks
   */
  Timeline step(TrainJob job) {
    int samples = job.parts().samples(job.run().config());
    int group = job.parts().group();
    Request.Sharding run = new Request.Sharding(job.parts().shards(), network.ranks(), group);
    RankJob ranks =
        job(
            job.model(),
            job.requests(),
            samples,
            job.parts(),
            OptionalInt.of(group),
            Long.MAX_VALUE,
            false);
    List<Step> order =
        TrainingOrder.of(
            job.plan(), ranks.objectives(), job.parts().perRank(), job.parts().micros());
    return new StepSimulation(PlanCost.of(job.plan()), order, ranks.rank())
        .play(network, new GroupScaling(run, run))
        .timeline();
  }

  /** The job of batches that are cut into parts, each of some samples. */
  private RankJob job(
      CheckedModel model,
      List<Request> requests,
      int samples,
      BatchParts parts,
      OptionalInt group,
      long memory,
      boolean saves) {
    return new RankJob(
        model,
        requests,
        samples,
        parts.shards(),
        parts.micros(),
        group,
        memory,
        saves,
        network,
        host,
        shared);
  }

  /**
   * Plans the training that a run file describes.
   *
   * @throws UserError if no strategy fits, or the run's batches cannot be shared by the ranks
   */
  public RanksPlan of(RunFile run) {
    RankJob job = job(run);
    RanksPlan plan = RanksPlan.of(job);
    plan.misfit()
        .ifPresent(
            m -> {
              throw UserError.setting(
                  run.place("memory"),
                  "the run does not fit into `memory`",
                  m.words(),
                  "at least " + new ByteSize(m.needed()).roundedUp(),
                  "more `micro_batches` or a smaller `batch` take less");
            });
    return plan;
  }

  /**
   * The groups in which the ranks of a run may store what is trained, with seconds of a step: of
   * strategies that fit into the run's {@code memory} and may take part, the fastest first, as
   * {@link #of(RunFile)} takes it.
   *
   * @throws UserError if the run's batches cannot be shared by the ranks
   */
  public Map<Integer, Double> groups(RunFile run) {
    Map<Integer, Double> all = new LinkedHashMap<>();
    RanksPlan.onRanks(job(run))
        .byTime()
        .forEach(s -> all.put(s.strategy().group(), s.seconds().getAsDouble()));
    return all;
  }

  private RankJob job(RunFile run) {
    RunConfig c = run.config();
    UnplannedJob job = TrainJob.unplanned(run, network.ranks());
    long memory = c.memory().map(ByteSize::bytes).orElse(Long.MAX_VALUE);
    int samples = job.parts().samples(c);
    OptionalInt group =
        c.strategy().isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(StorageGroups.of(run, network.ranks(), network.perHost()).getFirst());
    return job(
        job.model(),
        job.requests(),
        samples,
        job.parts(),
        group,
        memory,
        TrainMemory.savesBeside(c));
  }
}
