package dev.lgc.runtime.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.exec.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
final class TargetsTest {
  private static final Path ROOT = SharedFiles.projectRoot();
  private static final String DEVICES = "runtime/src/main/java/dev/lgc/runtime/device";
  private static final String EMITTERS = "compiler/src/main/java/dev/lgc/compiler/emit";

  @Test
  void namesAreFoundInUpperAndLowerCase() {
    for (Target t : Targets.ALL) {
      assertEquals(Optional.of(t), Targets.named(t.name()));
      assertEquals(Optional.of(t), Targets.named(t.name().toUpperCase(Locale.ROOT)));
    }
    assertEquals(Optional.empty(), Targets.named("no target"));
  }

  @Test
  void noTwoTargetsHaveOneName() {
    assertEquals(
        Targets.ALL.size(), new HashSet<>(Targets.ALL.stream().map(Target::name).toList()).size());
    assertEquals(
        Targets.ALL.size(),
        new HashSet<>(Targets.ALL.stream().map(Target::device).toList()).size());
  }

  @Test
  void theDefaultRunsHereAndNeedsNoFlags() {
    Target t = Targets.DEFAULT;
    assertTrue(t.isInstalled() && t.isReady());
    assertEquals(List.of(), t.jvmFlags());
    Target.DeviceInfo cpu = t.devices(new Target.Settings(1, w -> {})).getFirst();
    assertFalse(cpu.gpu());
    try (var device = cpu.open().get()) {
      assertEquals(cpu.name(), device.name());
    }
  }

  @Test
  void nothingButItsTwoPackagesAndTheListNamesATarget() throws IOException {
    List<String> names = targetPackages();
    assertTrue(names.contains("tornado"), names.toString());
    for (String name : names) {
      assertTrue(Files.isDirectory(ROOT.resolve(EMITTERS).resolve(name)), name);
      List<String> naming =
          sources()
              .filter(p -> !p.startsWith(DEVICES + "/" + name))
              .filter(p -> !p.startsWith(EMITTERS + "/" + name))
              .filter(p -> names(ROOT.resolve(p), name))
              .map(Path::toString)
              .toList();
      assertEquals(List.of(DEVICES + "/Targets.java"), naming);
    }
  }

  /** Packages of devices, but that of the CPU, where plans run unless another is chosen. */
  private static List<String> targetPackages() throws IOException {
    try (Stream<Path> all = Files.list(ROOT.resolve(DEVICES))) {
      return all.filter(Files::isDirectory)
          .map(p -> p.getFileName().toString())
          .filter(n -> !n.equals("cpu"))
          .toList();
    }
  }

  private static Stream<Path> sources() throws IOException {
    try (Stream<Path> all = Files.walk(ROOT)) {
      return all
          .map(ROOT::relativize)
          .filter(p -> p.toString().matches("[a-z]+/src/main/java/.*\\.java"))
          .sorted()
          .toList()
          .stream();
    }
  }

  private static boolean names(Path file, String target) {
    try {
      return Files.readString(file).toLowerCase(Locale.ROOT).contains(target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
