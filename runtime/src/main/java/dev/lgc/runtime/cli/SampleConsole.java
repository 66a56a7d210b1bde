package dev.lgc.runtime.cli;

import dev.lgc.runtime.estimate.UncachedCost;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsListener;
import dev.lgc.runtime.sample.SampleUser;
import java.io.PrintWriter;

/**
 * The terminal of a user who samples: warnings on standard error, and Ctrl-C.
 *
 * @param device that draws
 */
record SampleConsole(PrintWriter err, Device device) implements SampleUser {
  @Override
  public void say(String line) {
    err.println(line);
    err.flush();
  }

  @Override
  public WeightsListener weights(String option) {
    return new WeightsConsole(this::say, option);
  }

  @Override
  public void uncached(PlannedModel generator) {
    say("warning: " + UncachedCost.text(generator, device, Devices.threads(0)));
  }

  @Override
  public SampleUser.Work begin() {
    return new Interrupt(this::say);
  }
}
