package dev.lgc.runtime.cli;

import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.device.cpu.dnnl.DnnlLibrary;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.measure.MachineLimits;
import dev.lgc.runtime.report.JsonText;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc devices}. */
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = {"Lists the devices that lgc can compute on, and how fast each can be."},
    footer = {"", "Example:", "  lgc devices --json"})
final class DevicesCommand implements Callable<Integer>, OneProcess.Exempt, TargetUser {
  @Spec private CommandSpec spec;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "CPU threads; 0, the default, for all cores")
  @Range(min = 0, max = RunConfig.MOST_THREADS)
  private int wantedThreads;

  @Option(names = "--json", description = "print a JSON array")
  private boolean json;

  @Override
  public List<Target> targets() {
    return Targets.ALL.stream().filter(Target::isInstalled).toList();
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, Object> cpu = cpu();
    List<Map<String, Object>> all = new ArrayList<>(List.of(cpu));
    if (!json) {
      out.printf(
          Locale.ROOT,
          "%s: %.0f GFLOP/s, reads memory at %.1f GB/s (measured)%n",
          cpu.get("name"),
          (double) cpu.get("gflops"),
          (double) cpu.get("gigabytes_per_second"));
      out.println(
          DnnlLibrary.isAvailable()
              ? "contractions and convolutions by " + DnnlLibrary.state()
              : "contractions and convolutions by emitted kernels: " + DnnlLibrary.state());
      out.flush();
    }
    for (Target t : Targets.ALL) {
      if (t.equals(Targets.DEFAULT)) {
        continue;
      }
      if (t.isReady()) {
        others(t, all, out);
      } else if (!json) {
        out.println("no others: " + t.absence());
      }
    }
    if (json) {
      out.println(JsonText.of(all));
    }
    out.flush();
    return 0;
  }

  private Map<String, Object> cpu() {
    int threads = Devices.threads(wantedThreads);
    Map<String, Object> cpu = new LinkedHashMap<>();
    cpu.put("device", "cpu");
    try (Device d = Devices.cpu(threads)) {
      cpu.put("name", d.name());
    }
    MachineLimits.Known limits = MachineLimits.measure(threads);
    cpu.put("threads", threads);
    cpu.putAll(limits.json());
    cpu.put("heap_bytes", Runtime.getRuntime().maxMemory());
    cpu.put("onednn", DnnlLibrary.state());
    return cpu;
  }

  private void others(Target target, List<Map<String, Object>> all, PrintWriter out) {
    List<Target.DeviceInfo> devices = target.devices(Devices.settings(wantedThreads));
    for (int number = 0; number < devices.size(); number++) {
      Target.DeviceInfo d = devices.get(number);
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("device", target.isNumbered() ? target.device() + ":" + number : target.device());
      facts.put("name", d.name());
      facts.putAll(d.facts());
      all.add(facts);
      if (!json) {
        out.println(d.name());
      }
    }
  }
}
