package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.runtime.io.UserCache;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The native library of oneDNN: it is in the {@code org.bytedeco:dnnl} jar on the class path,
 * unpacked once into a directory of the user's ({@code lgc.cache}, or {@code lgc} in {@code
 * XDG_CACHE_HOME} or {@code ~/.cache}). Without it, or with {@code -Dlgc.dnnl=off}, kernels are
 * emitted instead, and nothing else changes.
 */
public final class DnnlLibrary {
  private static final String RESOURCES = "org/bytedeco/dnnl/linux-x86_64/";
  private static final String GOMP = RESOURCES + "libgomp.so.1";
  private static final String LIBRARY = RESOURCES + "libdnnl.so.3";
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /** Loads the library when it is first asked for, not with what is known without it. */
  private static final class Loaded {
    static final DnnlLibrary HERE = load();
  }

  private final Dnnl dnnl;
  private final String state;

  private DnnlLibrary(Dnnl dnnl, String state) {
    this.dnnl = dnnl;
    this.state = state;
  }

  /** For reports: {@code oneDNN 3.11.0}, or why there is none. */
  public static String state() {
    return Loaded.HERE.state;
  }

  /** Returns true if contractions can be handed to it. */
  public static boolean isAvailable() {
    return Loaded.HERE.dnnl != null;
  }

  /** Returns true if it is there and the processor has instructions that multiply BF16. */
  public static boolean multipliesBf16() {
    return get().map(Dnnl::multipliesBf16).orElse(false);
  }

  /**
   * Returns true if it is there for this system, for estimates: it is neither unpacked nor loaded,
   * and may still fail to load.
   */
  public static boolean isPresent() {
    return missing().isEmpty();
  }

  /**
   * Returns true if it is present and Linux says that the processor multiplies BF16, for estimates:
   * the library itself is not asked, as that would load it.
   */
  public static boolean isPresentForBf16() {
    return isPresent() && Bf16.INSTRUCTIONS;
  }

  /** The processor's instructions, which stay the same: they are read once. */
  private static final class Bf16 {
    static final boolean INSTRUCTIONS = instructions();

    private static boolean instructions() {
      try (Stream<String> lines = Files.lines(CPU_INFO, StandardCharsets.ISO_8859_1)) {
        return lines
            .filter(l -> l.startsWith("flags"))
            .findFirst()
            .map(l -> List.of(l.split("\\s+")).contains("avx512_bf16"))
            .orElse(false);
      } catch (IOException | UncheckedIOException e) {
        return false; // the emitted kernels are counted
      }
    }
  }

  static Optional<Dnnl> get() {
    return Optional.ofNullable(Loaded.HERE.dnnl);
  }

  /** The reason why there is no library for this system; empty if there is one. */
  private static Optional<String> missing() {
    if (System.getProperty("lgc.dnnl", "on").equals("off")) {
      return Optional.of("oneDNN is switched off (lgc.dnnl)");
    }
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String architecture = System.getProperty("os.arch");
    if (!os.startsWith("linux") || !architecture.equals("amd64")) {
      return Optional.of("no oneDNN for " + os + " on " + architecture);
    }
    return resource(GOMP) == null || resource(LIBRARY) == null
        ? Optional.of("no oneDNN on the class path")
        : Optional.empty();
  }

  private static URL resource(String name) {
    return DnnlLibrary.class.getClassLoader().getResource(name);
  }

  private static DnnlLibrary load() {
    Optional<String> missing = missing();
    if (missing.isPresent()) {
      return new DnnlLibrary(null, missing.get());
    }
    try {
      Dnnl dnnl = Dnnl.load(unpacked(resource(GOMP)), unpacked(resource(LIBRARY)));
      return new DnnlLibrary(dnnl, "oneDNN " + dnnl.version());
    } catch (IOException | Dnnl.Refused | RuntimeException | UnsatisfiedLinkError e) {
      return new DnnlLibrary(null, "oneDNN does not load: " + e.getMessage());
    }
  }

  /**
   * The file a resource is unpacked to; its directory is named after the resource's size and age.
   */
  private static Path unpacked(URL resource) throws IOException {
    URLConnection connection = resource.openConnection();
    long size = connection.getContentLengthLong();
    String name = resource.getPath().substring(resource.getPath().lastIndexOf('/') + 1);
    Path directory = UserCache.folder().resolve("dnnl-" + Long.toHexString(stamp(resource)));
    Path file = directory.resolve(name);
    if (Files.isRegularFile(file) && Files.size(file) == size) {
      connection.getInputStream().close();
      return file;
    }
    Files.createDirectories(directory);
    Path fresh = Files.createTempFile(directory, name, ".part");
    try (InputStream in = connection.getInputStream()) {
      Files.copy(in, fresh, StandardCopyOption.REPLACE_EXISTING);
      try {
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(fresh);
    }
    return file;
  }

  /** Tells versions of the jar apart. */
  private static long stamp(URL resource) {
    String path = resource.toString();
    int jar = path.indexOf('!');
    String where = path.substring(0, jar < 0 ? path.lastIndexOf('/') : jar);
    return Integer.toUnsignedLong(where.substring(where.lastIndexOf('/') + 1).hashCode());
  }
}
