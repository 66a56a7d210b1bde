package dev.lgc.runtime.measure;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.lgc.compiler.emit.jvm.HostVectors;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.device.cpu.Probe;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.UserCache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The limits that this machine was measured to have, kept in the user's cache: one file for each
 * processor, number of threads and JDK. Every command that measures writes it; the highest rates
 * stay, as neighbours on the same host can only make them lower.
 *
 * @param processor its maker's name for it, and the numbers in a vector
 * @param threads that work together
 * @param java the JDK's version
 * @param operations a second, of F32
 * @param bytes read a second
 * @param updated bytes read and written a second, of numbers that are changed in place
 * @param day of the last measurement, such as 2026-11-30
 */
record LimitsCache(
    @JsonProperty(required = true) String processor,
    @JsonProperty(required = true) int threads,
    @JsonProperty(required = true) String java,
    @JsonProperty(required = true) double operations,
    @JsonProperty(required = true) double bytes,
    @JsonProperty(required = true) double updated,
    @JsonProperty(required = true) String day) {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /** The limits that were kept for {@code threads} threads of this processor. */
  static Optional<LimitsCache> read(int threads) {
    return read(folder(), thisProcessor(), threads);
  }

  /** Keeps rates; what cannot be written is measured again another time. */
  static void keep(Probe.Rates rates, int threads) {
    try {
      keep(folder(), thisProcessor(), rates, threads);
    } catch (IOException e) {
      return; // a cache: no command fails for it
    }
  }

  private static Path folder() {
    return UserCache.folder().resolve("limits");
  }

  static Optional<LimitsCache> read(Path folder, String processor, int threads) {
    try {
      String text = Files.readString(folder.resolve(fileName(processor, threads)));
      LimitsCache kept = MAPPER.readValue(text, LimitsCache.class);
      return kept.isOf(processor, threads) ? Optional.of(kept) : Optional.empty();
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // none, or damaged: they are measured again
    }
  }

  private boolean isOf(String processor, int threads) {
    return this.processor.equals(processor)
        && this.threads == threads
        && java.equals(Runtime.version().toString())
        && isRate(operations)
        && isRate(bytes)
        && isRate(updated)
        && LocalDate.parse(day) != null;
  }

  private static boolean isRate(double perSecond) {
    return perSecond > 0 && perSecond < 1e18;
  }

  static void keep(Path folder, String processor, Probe.Rates rates, int threads)
      throws IOException {
    Optional<LimitsCache> was = read(folder, processor, threads);
    LimitsCache now =
        new LimitsCache(
            processor,
            threads,
            Runtime.version().toString(),
            Math.max(rates.operations(), was.map(LimitsCache::operations).orElse(0.0)),
            Math.max(rates.bytes(), was.map(LimitsCache::bytes).orElse(0.0)),
            Math.max(rates.updated(), was.map(LimitsCache::updated).orElse(0.0)),
            LocalDate.now(ZoneId.systemDefault()).toString());
    Path file = folder.resolve(fileName(processor, threads));
    AtomicFiles.writeString(file, MAPPER.writeValueAsString(now) + "\n");
  }

  private static String fileName(String processor, int threads) {
    CRC32 sum = new CRC32();
    sum.update((processor + Runtime.version()).getBytes(StandardCharsets.UTF_8));
    String name = processor.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String shown = name.length() <= 60 ? name : name.substring(0, 60);
    return Text.format("%s-%d-%08x.json", shown, threads, sum.getValue());
  }

  private static String thisProcessor() {
    String lanes = " with " + HostVectors.lanes() + " lanes";
    try (var lines = Files.lines(CPU_INFO, StandardCharsets.ISO_8859_1)) {
      return lines
              .filter(l -> l.startsWith("model name"))
              .map(l -> l.substring(l.indexOf(':') + 1).strip())
              .findFirst()
              .orElse(System.getProperty("os.arch"))
          + lanes;
    } catch (IOException | RuntimeException e) {
      return System.getProperty("os.arch") + lanes;
    }
  }
}
