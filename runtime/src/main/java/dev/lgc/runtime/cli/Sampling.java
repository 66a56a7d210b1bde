package dev.lgc.runtime.cli;

import dev.lgc.runtime.dist.HostShare;
import dev.lgc.runtime.dist.Ranks;
import dev.lgc.runtime.dist.SharedFailure;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.memory.MemoryBounds;
import dev.lgc.runtime.sample.SampleGroup;
import dev.lgc.runtime.sample.SampleJob;
import dev.lgc.runtime.train.OpenResources;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Sampling as each rank does it. Rank 0 alone writes, and says how it goes.
 *
 * @param device that draws
 * @param ranks closed by the job, or where all ranks know of a failure
 */
record Sampling(DeviceOptions device, Ranks ranks) {
  /** The job that the command line describes. */
  @FunctionalInterface
  interface Described {
    /**
     * Makes it.
     *
     * @param open closes what it opens
     * @param err where warnings go
     */
    SampleJob job(OpenResources open, PrintWriter err) throws IOException;
  }

  /**
   * Draws.
   *
   * @param check of the outputs, by rank 0
   * @param err where rank 0 says how it goes
   * @return the result on rank 0
   */
  Optional<SampleJob.Result> run(Runnable check, Described described, PrintWriter err)
      throws IOException {
    PrintWriter told = ranks.rank() == 0 ? err : new PrintWriter(Writer.nullWriter());
    return CommonEnd.of(ranks, () -> draw(check, described, told));
  }

  private Optional<SampleJob.Result> draw(Runnable check, Described described, PrintWriter told)
      throws IOException {
    try (OpenResources open = new OpenResources()) {
      SampleJob job =
          together(
              () -> {
                if (ranks.rank() == 0) {
                  check.run();
                }
                return described.job(open, told);
              });
      HostShare host = HostShare.of(ranks);
      Device d = open.add(together(() -> device.open(ranks, host)));
      return job.run(d, new SampleConsole(told, d), group(d, host));
    }
  }

  private SampleGroup group(Device d, HostShare host) {
    return new SampleGroup(
        ranks, Devices.common(d), MemoryBounds.here().sharedBy(host.ranks()), CommonEnd::text);
  }

  private <T> T together(Callable<T> work) {
    return SharedFailure.orNone(ranks, work, CommonEnd::text);
  }
}
