package dev.lgc.runtime.device.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("pure")
final class SdkTest {
  @TempDir private Path home;

  private Map<String, String> environment() {
    return Map.of(Sdk.VARIABLE, home.toString());
  }

  private void write(String file, String text) throws IOException {
    Files.createDirectories(home.resolve(file).getParent());
    Files.writeString(home.resolve(file), text);
  }

  private String refusal(Map<String, String> environment) {
    return assertThrows(BadInputException.class, () -> Sdk.find(environment)).what();
  }

  @Test
  void theFlagsAreThoseOfItsArgumentFile() throws IOException {
    write("etc/tornado.release", "version=5.2.0-jdk25\nbranch=x\n");
    write("tornado-argfile", "-Dfrom=another");
    write(
        "tornado-argfile.template",
        """
        # === JVM ===
        -server
        -XX:+EnableJVMCI
        -XX:+UseParallelGC

        --module-path .:${TORNADOVM_HOME}/share/java/tornado
          --add-modules ALL-SYSTEM,tornado.runtime
        """);
    Sdk sdk = Sdk.find(environment());
    assertEquals("5.2.0-jdk25", sdk.version());
    assertEquals(
        List.of(
            "-XX:+EnableJVMCI",
            "--module-path",
            home + "/share/java/tornado",
            "--add-modules",
            "ALL-SYSTEM,tornado.runtime",
            "-Xlog:cds=off",
            "-Djava.system.class.loader=dev.lgc.runtime.device.tornado.KernelLoader"),
        sdk.flags());
  }

  @Test
  void nativeAccessIsAddedWhereTheFileForgetsIt() throws IOException {
    write("etc/tornado.release", "version=5.2.0-jdk25\n");
    String modules = "--add-modules ALL-SYSTEM,tornado.drivers.common,tornado.drivers.cuda\n";
    write("tornado-argfile", modules);
    String wanted = "--enable-native-access=tornado.drivers.cuda";
    assertTrue(Sdk.find(environment()).flags().contains(wanted));
    write("tornado-argfile", modules + "--enable-native-access=another");
    assertFalse(Sdk.find(environment()).flags().contains(wanted));
  }

  @Test
  void noneIsNamed() {
    assertFalse(Sdk.isNamed(Map.of()));
    assertFalse(Sdk.isNamed(Map.of(Sdk.VARIABLE, " ")));
    assertTrue(refusal(Map.of()).contains("TORNADOVM_HOME is not set"));
  }

  @Test
  void aFolderThatIsNoSdkIsNamed() throws IOException {
    assertTrue(refusal(environment()).contains("is not a TornadoVM SDK"));
    write("etc/tornado.release", "version=5.2.0-jdk25\n");
    assertTrue(refusal(environment()).contains("is not a TornadoVM SDK"), "without its flags");
  }

  @Test
  void anSdkForAnotherJavaIsNamed() throws IOException {
    write("etc/tornado.release", "version=5.2.0-jdk21\n");
    write("tornado-argfile", "-Dx=y");
    String said = refusal(environment());
    assertTrue(said.contains("TornadoVM 5.2.0-jdk21"), said);
    assertTrue(said.contains("does not run on Java"), said);
  }
}
