package dev.lgc.runtime.cli;

import dev.lgc.compiler.cost.Limits;
import dev.lgc.runtime.exec.Device;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lgc devices}. */
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = "Says what there is to compute on, and how fast it is at best.",
    footer = {"", "Example:", "  lgc devices --json"})
final class DevicesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private DeviceOptions device;

  @Option(names = "--json", description = "print a JSON array")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, Object> cpu = new LinkedHashMap<>();
    int threads = Devices.threads(device.threads);
    try (Device d = device.open()) {
      cpu.put("name", d.name());
    }
    Limits limits = MachineLimits.measure(threads);
    cpu.put("threads", threads);
    cpu.put("gflops", limits.operationsPerSecond() * 1e-9);
    cpu.put("gigabytes_per_second", limits.bytesPerSecond() * 1e-9);
    cpu.put("heap_bytes", Runtime.getRuntime().maxMemory());
    if (json) {
      out.println(JsonText.of(List.of(cpu)));
    } else {
      out.printf(
          "%s: %.0f GFLOP/s, reads memory at %.1f GB/s (measured)%n",
          cpu.get("name"), limits.operationsPerSecond() * 1e-9, limits.bytesPerSecond() * 1e-9);
    }
    out.flush();
    return 0;
  }
}
