package dev.lgc.runtime.model;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.compiler.emit.jvm.JvmEmitter;
import dev.lgc.compiler.emit.jvm.Machine;
import dev.lgc.compiler.emit.jvm.Scheduler;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.PlanDump;
import dev.lgc.runtime.io.AtomicFiles;
import dev.lgc.runtime.io.BadInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A compiled model in a file: a ZIP of
 *
 * <pre>
 * manifest.json     which model, its batch and its fingerprint
 * sources/          the .arch and what it imports
 * graph/STEP.txt    the final graph of each step
 * fused.txt         each step's kernel calls
 * kernels.txt       each kernel
 * memory.txt        where everything is
 * jvm/              each kernel as a class file, for this machine
 * </pre>
 *
 * <p>The sources are what is compiled again when the file is used; the same compiler gives the same
 * plan. The other files are for people and tools.
 *
 * @param choice which model
 * @param sources its text
 * @param batch samples in a batch
 * @param fingerprint what tells whether weights fit
 */
public record Artifact(ModelChoice choice, ArchSources sources, int batch, String fingerprint) {
  private static final String FORMAT = "lgc-artifact-1";
  private static final long MOST_BYTES = 64 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<LinkedHashMap<String, Object>> OBJECT =
      new TypeReference<>() {};

  /** Writes the model with its graphs and plan. */
  public void write(Path path, List<Graph> graphs, ExecutionPlan plan) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 20);
    try (ZipOutputStream zip = new ZipOutputStream(bytes, StandardCharsets.UTF_8)) {
      Map<String, Object> manifest = new LinkedHashMap<>();
      manifest.put("format", FORMAT);
      manifest.put("arch", choice.arch());
      manifest.put("model", choice.name());
      manifest.put("parameters", choice.parameters());
      manifest.put("main", sources.main());
      manifest.put("batch", batch);
      manifest.put("fingerprint", fingerprint);
      put(zip, "manifest.json", JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest));
      for (Map.Entry<String, String> s : sources.texts().entrySet()) {
        put(zip, "sources/" + s.getKey(), text(s.getValue()));
      }
      for (Graph g : graphs) {
        put(zip, "graph/" + g.name() + ".txt", text(GraphDump.dump(g)));
      }
      put(zip, "fused.txt", text(PlanDump.fused(plan)));
      put(zip, "kernels.txt", text(PlanDump.kernels(plan)));
      put(zip, "memory.txt", text(MemoryDump.of(plan)));
      Machine machine = Machine.host(1);
      for (int i = 0; i < plan.kernels().size(); i++) {
        var k = plan.kernels().get(i);
        String name = "jvm/%04d-%s.class".formatted(i, k.name().replaceAll("[^A-Za-z0-9_]", "_"));
        put(zip, name, JvmEmitter.emit(k, Scheduler.choose(k, machine)).classFile());
      }
    }
    AtomicFiles.writeBytes(path, bytes.toByteArray());
  }

  private static byte[] text(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(315532800000L); // 1980: equal models give equal files
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  /**
   * Reads which model is in {@code path}.
   *
   * @throws BadInputException if it is not a sound artifact
   */
  public static Artifact read(Path path) {
    if (!Files.exists(path)) {
      throw new BadInputException(path + ": no such file", "", "check the path");
    }
    try (ZipFile zip = new ZipFile(path.toFile(), StandardCharsets.UTF_8)) {
      Map<String, Object> m = JSON.readValue(entry(zip, "manifest.json"), OBJECT);
      if (!FORMAT.equals(m.get("format"))) {
        throw BadInputException.in(path, "another kind of artifact", FORMAT, "compile it again");
      }
      Map<String, String> texts = new LinkedHashMap<>();
      for (ZipEntry e : zip.stream().toList()) {
        if (e.getName().startsWith("sources/")) {
          texts.put(
              e.getName().substring("sources/".length()),
              new String(entry(zip, e.getName()), StandardCharsets.UTF_8));
        }
      }
      Map<String, String> parameters = new LinkedHashMap<>();
      ((Map<?, ?>) m.get("parameters")).forEach((k, v) -> parameters.put("" + k, "" + v));
      return new Artifact(
          new ModelChoice((String) m.get("arch"), (String) m.get("model"), parameters),
          new ArchSources((String) m.get("main"), texts),
          ((Number) m.get("batch")).intValue(),
          (String) m.get("fingerprint"));
    } catch (IOException | ClassCastException | IllegalArgumentException | NullPointerException e) {
      throw damaged(path, e);
    }
  }

  private static BadInputException damaged(Path path, Exception e) {
    return new BadInputException(
        path + ": not a sound .lgc", "what `lgc compile` writes", "compile it again", e);
  }

  private static byte[] entry(ZipFile zip, String name) throws IOException {
    ZipEntry e = zip.getEntry(name);
    if (e == null) {
      throw new NoSuchFileException(name);
    }
    try (var in = zip.getInputStream(e)) {
      byte[] bytes = in.readNBytes((int) MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new IOException(name + " is too large");
      }
      return bytes;
    }
  }
}
