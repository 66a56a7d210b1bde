package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lgc.runtime.device.Targets;
import dev.lgc.runtime.device.tornado.Sdk;
import dev.lgc.runtime.device.tornado.TornadoDevice;
import dev.lgc.runtime.exec.Target;
import dev.lgc.runtime.tune.Tuning;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("backend")
final class RelaunchTest {
  @TempDir private Path home;

  private static String passed(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Announcement.drop(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), out);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void onlyTheAnnouncementsOfTheVectorApiAreKeptBack() {
    String announcement = "WARNING: Using incubator modules: jdk.incubator.vector\n";
    assertEquals("x\n", passed(announcement + "x\n"));
    assertEquals("x\ny\n", passed("x\n" + announcement + announcement + "y\n" + announcement));
    assertEquals("x " + announcement, passed("x " + announcement), "within a line");
    assertEquals("10 %\r20 %\r\n", passed("10 %\r20 %\r\n"));
    assertEquals("WARNING: Us", passed("WARNING: Us"));
    assertEquals("WARNING: other\ny", passed("WARNING: other\ny"));
    assertEquals("\n", passed("\n"));
    assertEquals("", passed(""));
  }

  private Sdk sdk() throws IOException {
    Files.createDirectories(home.resolve("etc"));
    Files.writeString(home.resolve("etc/tornado.release"), "version=5.2.0-jdk25\n");
    Files.writeString(home.resolve("tornado-argfile"), "-Dsdk=${TORNADOVM_HOME}\n");
    return Sdk.find(Map.of(Sdk.VARIABLE, home.toString()));
  }

  @Test
  void theOtherJvmHasOurFlagsAndTheSdks() throws IOException {
    List<String> command =
        Relaunch.command(Main.class, sdk().flags(), List.of("devices", "--json"));
    assertTrue(command.contains("-Dsdk=" + home), command.toString());
    assertTrue(command.stream().anyMatch(c -> c.startsWith("-Djava.system.class.loader=")));
    assertTrue(command.stream().noneMatch(c -> c.startsWith("-XX:SharedArchiveFile")));
    assertTrue(command.stream().anyMatch(c -> c.startsWith("-Xmx")), "as surefire started us");
    assertEquals(
        List.of(Main.class.getName(), "devices", "--json"),
        command.subList(command.size() - 3, command.size()));
  }

  /** What the launcher opened for one JVM is another file, or none, in the next. */
  @Test
  void theOtherJvmHasNoDescriptorOfOurLauncher() throws Exception {
    List<String> flags = List.of("-Dlgc.stderr=1");
    try (ChildProcess child = ChildProcess.of(home, flags, Flags.class)) {
      assertEquals(0, child.await(), child::said);
      assertTrue(child.out().contains("-D" + Main.class.getName()), child::said);
      assertFalse(child.out().contains("lgc.stderr"), child::said);
    }
  }

  /** Prints the command of another JVM. */
  static final class Flags {
    public static void main(String[] args) {
      List<String> more = List.of("-D" + Main.class.getName());
      System.out.println(Relaunch.command(Main.class, more, List.of()));
    }
  }

  @Test
  void anSdkWithoutTornadoVmIsNamedByTheJvmThatShouldRunIt() throws Exception {
    Map<String, String> environment = Map.of(Sdk.VARIABLE, sdk().home().toString());
    try (ChildProcess lgc = ChildProcess.lgc(home, environment, "devices")) {
      assertEquals(1, lgc.await(), lgc::said);
      assertTrue(lgc.out().startsWith("cpu ("), lgc::said);
      assertTrue(lgc.err().startsWith("error: this version of TornadoVM has no"), lgc::said);
      assertFalse(lgc.err().contains("\tat "), lgc::said);
    }
  }

  @Test
  void withoutAnSdkTheDeviceIsRefused() throws Exception {
    Map<String, String> environment = Map.of(Sdk.VARIABLE, "");
    try (ChildProcess lgc =
        ChildProcess.lgc(home, environment, "sample", "x.safetensors", "--device", "tornado")) {
      assertEquals(1, lgc.await());
      assertTrue(lgc.err().contains("TORNADOVM_HOME is not set"), lgc::said);
      assertTrue(lgc.err().contains("sdk install tornadovm"), lgc::said);
    }
  }

  @Test
  void withoutADriverTheDevicesCannotBeListed() throws Exception {
    assumeTrue(
        TornadoDevice.isPossible()
            && TornadoDevice.all(Tuning::none).getFirst().backend().equals("opencl"),
        "no TornadoVM with OpenCL: TORNADOVM_HOME names no SDK to run tests with");
    Map<String, String> environment =
        Map.of(Sdk.VARIABLE, System.getenv(Sdk.VARIABLE), "OCL_ICD_VENDORS", home.toString());
    try (ChildProcess lgc = ChildProcess.lgc(home, environment, "devices")) {
      assertEquals(1, lgc.await(), lgc::said);
      assertTrue(lgc.err().startsWith("error: TornadoVM cannot compute here: "), lgc::said);
    }
  }

  @Test
  void aDeviceThatThereIsNotIsAMistake() {
    assumeFalse(TornadoDevice.isPossible(), "here a device may be there");
    Cli.Result r = Cli.run("sample", "x.safetensors", "--device", "gpu");
    assertEquals(1, r.code());
    assertTrue(r.err().contains("cpu, tornado, tornado:N"), r.err());
    for (Target t : Targets.ALL) {
      assertTrue(r.err().contains(t.device()), r.err());
    }
    assertTrue(r.err().contains(" or auto"), r.err());
  }

  @Test
  void helpNeedsNoDevice() {
    assertEquals(0, Cli.run("sample", "--device", "tornado", "--help").code());
  }
}
