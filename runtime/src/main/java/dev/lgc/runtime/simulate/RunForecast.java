package dev.lgc.runtime.simulate;

import dev.lgc.runtime.dist.CollectiveSeconds;
import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.estimate.RunEstimate;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.train.TrainJob;
import java.util.Optional;

/** The time of a run that is about to begin, on the ranks that it has. */
public final class RunForecast {
  private RunForecast() {}

  /**
   * The estimate of a run on processors; of several ranks, with the exchange of gradients.
   *
   * @param job of this rank
   * @param host that it is on; all are taken to be like this one
   * @param threads of a rank
   */
  public static RunEstimate of(TrainJob job, HostShare host, int threads) {
    RunEstimate alone = RunEstimate.here(job, threads);
    int ranks = job.parts().ranks();
    if (ranks == 1 || ranks > Network.MOST_RANKS || ranks % host.hosts() != 0) {
      return alone;
    }
    Network network = Network.of(ranks, host.hosts(), Optional.empty(), Optional.empty());
    // This process may use its own processors only, and cannot measure what all take together.
    RankPlanning planning =
        MachineLimits.kept(threads * host.ranks())
            .map(all -> new RankPlanning(network, all, true))
            .orElseGet(() -> new RankPlanning(network, alone.on(), false));
    Timeline step = planning.step(job);
    return alone.ofSteps(
        step.seconds(),
        new CollectiveSeconds(step.busy(Activity.Lane.COMMUNICATION), step.exposed()));
  }
}
