package dev.lgc.runtime.device.tornado;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An installed TornadoVM: the folder that {@code TORNADOVM_HOME} names.
 *
 * @param home that folder
 * @param version such as {@code 5.2.0-jdk25}
 */
public record Sdk(Path home, String version) {
  /** The environment variable that names it. */
  public static final String VARIABLE = "TORNADOVM_HOME";

  private static final String FOR_JAVA = "-jdk25";
  private static final String INSTALL =
      "`sdk install tornadovm 5.2.0-jdk25-opencl` (or -cuda) of SDKMAN installs one and sets "
          + VARIABLE;

  /** Returns true if an SDK is named at all. */
  public static boolean isNamed(Map<String, String> environment) {
    return !environment.getOrDefault(VARIABLE, "").isBlank();
  }

  /**
   * The SDK that the environment names.
   *
   * @throws BadInputException if none is named, or the folder is no SDK for this Java
   */
  public static Sdk find(Map<String, String> environment) {
    if (!isNamed(environment)) {
      throw new BadInputException(
          "computing with TornadoVM, which is not installed: " + VARIABLE + " is not set",
          "the folder of a TornadoVM SDK in " + VARIABLE,
          INSTALL);
    }
    Path home = Path.of(environment.get(VARIABLE)).toAbsolutePath().normalize();
    Path release = home.resolve("etc/tornado.release");
    String version = "";
    try (Stream<String> lines = Files.lines(release)) {
      version =
          lines
              .filter(l -> l.startsWith("version="))
              .map(l -> l.substring("version=".length()).strip())
              .findFirst()
              .orElse("");
    } catch (IOException | UncheckedIOException e) {
      // said below
    }
    if (version.isEmpty() || argumentFile(home).isEmpty()) {
      throw new BadInputException(
          VARIABLE + " is " + home + ", which is not a TornadoVM SDK",
          "a folder with etc/tornado.release and tornado-argfile",
          INSTALL);
    }
    if (!version.contains(FOR_JAVA)) {
      throw new BadInputException(
          Text.format(
              "TornadoVM %s in %s, which does not run on Java %d",
              version, home, Runtime.version().feature()),
          "a version for JDK 25, such as 5.2.0-jdk25",
          INSTALL);
    }
    return new Sdk(home, version);
  }

  /** The template is what an SDK comes with; the file is what building one leaves. */
  private static Optional<Path> argumentFile(Path home) {
    return Stream.of("tornado-argfile.template", "tornado-argfile")
        .map(home::resolve)
        .filter(Files::isReadable)
        .findFirst();
  }

  /**
   * The flags that a JVM must have to run TornadoVM: the SDK's own, less those that would override
   * ours (the collector) or read modules from the folder the user happens to be in, and ours.
   */
  public List<String> flags() {
    List<String> flags = new ArrayList<>();
    try {
      boolean path = false;
      for (String word : words(Files.readString(argumentFile(home).orElseThrow()))) {
        String flag = word.replace("${" + VARIABLE + "}", home.toString());
        if (path) {
          flag = flag.replaceFirst("^\\.:", "");
        }
        path = flag.equals("--module-path");
        if (!flag.matches("-XX:\\+Use\\w+GC|-server")) {
          flags.add(flag);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (flags.stream().noneMatch(f -> f.startsWith("--enable-native-access"))) {
      // The argument file of the CUDA version forgets it.
      drivers(flags).ifPresent(d -> flags.add("--enable-native-access=" + d));
    }
    flags.add("-Xlog:cds=off"); // that another class loader needs no archive of classes
    flags.add("-Djava.system.class.loader=" + KernelLoader.class.getName());
    return flags;
  }

  /** The modules among the flags that load native code, with commas between them. */
  private static Optional<String> drivers(List<String> flags) {
    String modules =
        flags.stream()
            .flatMap(f -> Stream.of(f.split(",")))
            .filter(m -> m.matches("tornado\\.drivers\\.\\w+") && !m.endsWith(".common"))
            .collect(Collectors.joining(","));
    return Optional.of(modules).filter(m -> !m.isEmpty());
  }

  /** The words of an argument file: {@code #} begins a comment. */
  private static List<String> words(String text) {
    return text.lines()
        .map(String::strip)
        .filter(l -> !l.startsWith("#"))
        .flatMap(l -> Stream.of(l.split("\\s+")))
        .filter(w -> !w.isEmpty())
        .toList();
  }
}
