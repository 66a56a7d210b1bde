package dev.lgc.runtime.tune;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.UserCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The fastest schedules that were found for the kernels of one device.
 *
 * @param key what they hold for
 * @param kernels by {@link KernelHash}
 */
public record Tuning(TuningKey key, Map<String, Best> kernels) {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);

  /**
   * A kernel's fastest schedule.
   *
   * @param name the kernel's, for people
   * @param schedule as the device names it
   * @param seconds that it took
   * @param untuned seconds that the device's guess took
   * @param tried schedules so far; a kernel with fewer than there are is not done
   */
  public record Best(
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) @JsonAlias("way") String schedule,
      @JsonProperty(required = true) double seconds,
      @JsonProperty(required = true) double untuned,
      @JsonProperty(required = true) int tried) {}

  public Tuning {
    kernels = Map.copyOf(kernels);
  }

  /** Nothing measured yet. */
  public static Tuning none(TuningKey key) {
    return new Tuning(key, Map.of());
  }

  /** The result that is kept for a kernel. */
  public Optional<Best> found(Kernel kernel) {
    return kernels.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(kernels.get(KernelHash.of(kernel)));
  }

  /** The same with another kernel. */
  Tuning with(Kernel kernel, Best found) {
    Map<String, Best> all = new HashMap<>(kernels);
    all.put(KernelHash.of(kernel), found);
    return new Tuning(key, all);
  }

  /** The folder of the tunings of this user's devices. */
  public static Path userFolder() {
    return UserCache.folder().resolve("tuning");
  }

  /**
   * Reads a device's tuning; nothing measured if there is none.
   *
   * @param warn is told, in a line, of a file that cannot be used, which counts as none
   */
  public static Tuning read(Path folder, TuningKey key, Consumer<String> warn) {
    Path file = folder.resolve(key.fileName());
    try {
      Tuning t = MAPPER.readValue(Files.readString(file), Tuning.class);
      if (t.key.equals(key)) {
        return t;
      }
      warn.accept(Text.format("%s is of %s, not of %s; it is not used", file, t.key, key));
    } catch (NoSuchFileException e) {
      return none(key);
    } catch (IOException | RuntimeException e) {
      warn.accept(Text.format("%s is not a readable tuning; it is not used", file));
    }
    return none(key);
  }

  /**
   * Writes it for later runs.
   *
   * @return the file
   */
  public Path write(Path folder) throws IOException {
    Path file = folder.resolve(key.fileName());
    AtomicFiles.writeString(file, MAPPER.writeValueAsString(this) + "\n");
    return file;
  }
}
