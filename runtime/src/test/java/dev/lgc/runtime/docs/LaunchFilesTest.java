package dev.lgc.runtime.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.lgc.runtime.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The files that start ranks elsewhere are well formed, and the documentation shows them. */
@Tag("pure")
final class LaunchFilesTest {
  private static final Path DOCS = SharedFiles.projectRoot().resolve("docs");

  private static String read(String file) throws IOException {
    return Files.readString(DOCS.resolve(file));
  }

  @Test
  void theDocumentationShowsThemAsTheyAre() throws IOException {
    String page = read("distributed.md");
    for (String file : List.of("launch/slurm.sh", "launch/mpijob.yaml")) {
      assertTrue(page.contains("(" + file + ")"), file);
      assertTrue(page.contains(read(file).indent(4)), file);
    }
  }

  @Test
  void theScriptIsOneOfTheShell() throws Exception {
    Path script = DOCS.resolve("launch/slurm.sh");
    Process bash = new ProcessBuilder("bash", "-n", script.toString()).inheritIO().start();
    assertEquals(0, bash.waitFor());
    assertTrue(Files.readString(script).startsWith("#!/bin/bash\n#SBATCH "), script::toString);
  }

  @Test
  void theJobStartsAsManyRanksAsItHasWorkers() throws IOException {
    JsonNode job = new ObjectMapper(new YAMLFactory()).readTree(read("launch/mpijob.yaml"));
    assertEquals("kubeflow.org/v2beta1", job.path("apiVersion").textValue());
    assertEquals("MPIJob", job.path("kind").textValue());
    JsonNode roles = job.path("spec").path("mpiReplicaSpecs");
    JsonNode launcher = roles.path("Launcher").path("template").path("spec").path("containers");
    List<String> command = new ArrayList<>();
    launcher.path(0).path("command").forEach(word -> command.add(word.textValue()));
    int workers = roles.path("Worker").path("replicas").intValue();
    int slots = job.path("spec").path("slotsPerWorker").intValue();
    assertEquals(workers * slots + "", command.get(command.indexOf("-n") + 1));
    assertTrue(command.containsAll(List.of("--bind-to", "none", "lgc", "train")), "" + command);
  }
}
