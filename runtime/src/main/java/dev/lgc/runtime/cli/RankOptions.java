package dev.lgc.runtime.cli;

import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.report.JsonText;
import dev.lgc.runtime.simulate.InferencePlan;
import dev.lgc.runtime.simulate.Link;
import dev.lgc.runtime.simulate.Network;
import dev.lgc.runtime.simulate.RankPlanning;
import dev.lgc.runtime.simulate.RanksPlan;
import dev.lgc.runtime.simulate.RanksReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The ranks that training or inference is planned for, and what connects them. */
final class RankOptions {
  private static final String PICTURE = ".svg";

  @Option(
      names = "--ranks",
      paramLabel = "N",
      description =
          "plan for this many processes, a power of two: training, of which they share each batch,"
              + " with time and memory of each strategy, what of the communication is overlapped,"
              + " and the efficiency; or --for inference, where each has a part of the model."
              + " --memory and --limits are then those of a rank")
  @Range(min = 1, max = Network.MOST_RANKS)
  private Integer ranks;

  @Option(
      names = "--hosts",
      paramLabel = "H",
      description = "machines that have as many of the ranks each; 1 by default")
  @Range(min = 1, max = Network.MOST_RANKS)
  private Integer hosts;

  @Option(
      names = "--link",
      paramLabel = "GB/s,us",
      description =
          "speed and latency of the network of each host in each direction; with one host, of what "
              + "a rank exchanges with the others. By default 12.5,20 (100 Gbit/s), and 1.1,1 for "
              + "one host, as two ranks of one machine were measured to exchange")
  private String link;

  @Option(
      names = "--link-within",
      paramLabel = "GB/s,us",
      description =
          "with several hosts, speed and latency of what a rank exchanges with the others of its "
              + "host; 1.1,1 by default")
  private String within;

  @Output
  @Option(
      names = "--out",
      paramLabel = "FILE.svg",
      description = "draw what a rank computes and communicates in a step")
  private Path out;

  /** Returns true if ranks are to be planned; refuses what is only for them otherwise. */
  boolean areGiven() {
    Map<String, Object> others = new LinkedHashMap<>();
    others.put("--hosts", hosts);
    others.put("--link", link);
    others.put("--link-within", within);
    others.put("--out", out);
    others.forEach(
        (name, value) -> {
          if (ranks == null && value != null) {
            throw new BadInputException(name + " without --ranks", "--ranks with it", "");
          }
        });
    if (out != null && !out.toString().endsWith(PICTURE)) {
      throw new BadInputException(
          "--out " + out, "a name that ends in " + PICTURE, "the drawing is made in no other kind");
    }
    return ranks != null;
  }

  /** Refuses an option that is not for several ranks; empty for none. */
  void refuse(String option) {
    if (!option.isEmpty()) {
      throw new BadInputException(option + " with --ranks", "leave it out", "");
    }
  }

  /** Refuses a drawing, which is of a step of training. */
  void refuseDrawing() {
    if (out != null) {
      throw new BadInputException(
          "--out with --for inference", "--for training", "a step of training is drawn");
    }
  }

  /** The ranks. */
  private Network network() {
    int machines = hosts == null ? 1 : hosts;
    if (machines == 1 && within != null) {
      throw new BadInputException(
          "--link-within with one host", "--link", "all that ranks exchange is within it");
    }
    return Network.of(
        ranks,
        machines,
        Optional.ofNullable(link).map(l -> Link.parse("--link", l)),
        Optional.ofNullable(within).map(l -> Link.parse("--link-within", l)));
  }

  /** The planning that is asked for: with limits that are given, or those of this machine. */
  RankPlanning planning(String limits, int threads) {
    Network network = network();
    boolean isShared = limits == null || limits.equals(MachineLimits.MEASURED);
    int here = Devices.threads(0);
    int all = threads > 0 ? (int) Math.min((long) threads * network.perHost(), here) : here;
    return new RankPlanning(network, MachineLimits.of(limits, all), isShared);
  }

  /** Prints a plan of inference. */
  void print(InferencePlan plan, boolean json, PrintWriter to) {
    if (json) {
      to.println(JsonText.of(plan.json()));
    } else {
      to.print(plan.text());
    }
    to.flush();
  }

  /** Prints a plan, and draws it if that is asked for. */
  void print(RanksPlan plan, boolean json, PrintWriter to) throws IOException {
    RanksReport report = new RanksReport(plan);
    if (json) {
      to.println(JsonText.of(report.json()));
    } else {
      to.print(report.text());
    }
    if (out != null) {
      AtomicFiles.writeString(out, report.svg());
      if (!json) {
        to.println(out);
      }
    }
    to.flush();
  }
}
