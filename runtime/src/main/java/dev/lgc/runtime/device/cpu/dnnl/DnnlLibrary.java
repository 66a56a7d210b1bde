package dev.lgc.runtime.device.cpu.dnnl;

import dev.lgc.runtime.io.UserCache;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;

/**
 * Where oneDNN comes from: the native library in the {@code org.bytedeco:dnnl} jar on the class
 * path, unpacked once into a directory of the user's ({@code lgc.cache}, or {@code lgc} in {@code
 * XDG_CACHE_HOME} or {@code ~/.cache}). Without it, or with {@code -Dlgc.dnnl=off}, kernels are
 * emitted instead, and nothing else changes.
 */
public final class DnnlLibrary {
  private static final DnnlLibrary LOADED = load();

  private final Dnnl dnnl;
  private final String state;

  private DnnlLibrary(Dnnl dnnl, String state) {
    this.dnnl = dnnl;
    this.state = state;
  }

  /** For reports: {@code oneDNN 3.11.0}, or why there is none. */
  public static String state() {
    return LOADED.state;
  }

  /** Whether contractions can be handed to it. */
  public static boolean isAvailable() {
    return LOADED.dnnl != null;
  }

  /** Whether it is there and the processor has instructions that multiply BF16. */
  public static boolean multipliesBf16() {
    return get().map(Dnnl::multipliesBf16).orElse(false);
  }

  static Optional<Dnnl> get() {
    return Optional.ofNullable(LOADED.dnnl);
  }

  private static DnnlLibrary load() {
    if (System.getProperty("lgc.dnnl", "on").equals("off")) {
      return new DnnlLibrary(null, "oneDNN is switched off (lgc.dnnl)");
    }
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String architecture = System.getProperty("os.arch");
    if (!os.startsWith("linux") || !architecture.equals("amd64")) {
      return new DnnlLibrary(null, "no oneDNN for " + os + " on " + architecture);
    }
    String resources = "org/bytedeco/dnnl/linux-x86_64/";
    ClassLoader loader = DnnlLibrary.class.getClassLoader();
    URL gomp = loader.getResource(resources + "libgomp.so.1");
    URL library = loader.getResource(resources + "libdnnl.so.3");
    if (gomp == null || library == null) {
      return new DnnlLibrary(null, "no oneDNN on the class path");
    }
    try {
      Dnnl dnnl = Dnnl.load(unpacked(gomp), unpacked(library));
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
