package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.SyntheticPictures;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands say what of a folder they take, and go on without what cannot be read. */
@Tag("backend")
final class FolderCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path dir;

  @Test
  void whatIsTakenAndWhatIsNotIsSaidByTrainTokenizeAndReconstruct() throws Exception {
    for (int i = 0; i < 6; i++) {
      put(Text.format("d/%s/%d.png", i < 3 ? "cat" : "dog", i), i);
    }
    put("d/dog/.ipynb_checkpoints/3.png", 3);
    Files.writeString(dir.resolve("d/dog/4.heic"), "");
    Path bad = dir.resolve("d/cat/1.png");
    Files.write(bad, Arrays.copyOf(Files.readAllBytes(bad), 40));
    Path run = dir.resolve("t.yaml");
    Files.writeString(
        run,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: folder, path: d}
            batch: 2
            steps: 4
            checkpoint: {dir: t}
            """,
            TestResources.path("models/tiny.arch")));
    Cli.Result trained = ok("train", run.toString(), "--json");
    assertSaid(trained.err());
    JsonNode json = JSON.readTree(trained.out());
    JsonNode folder = json.get("folders").get(dir.resolve("d").toString());
    assertEquals(6, folder.get("pictures").asInt());
    JsonNode leftOut = folder.get("left_out");
    assertEquals(1, leftOut.get("hidden_folders").get("count").asInt());
    assertEquals("dog/4.heic", leftOut.get("other_endings").get("examples").get(0).asText());
    assertEquals(1, json.get("bad_pictures").get("count").asInt());

    String codes = dir.resolve("d.codes").toString();
    Cli.Result tokenized =
        ok("tokenize", run.toString(), "--flip", "-b", "3", "-o", codes, "--json");
    assertSaid(tokenized.err());
    json = JSON.readTree(tokenized.out());
    assertEquals(5, json.get("pictures").asInt());
    assertEquals(1, json.get("bad_pictures").get("count").asInt());
    try (CodeCache cache = CodeCache.open(Path.of(codes))) {
      assertEquals(5, cache.info().count());
      assertEquals(
          List.of("cat/0.png", "cat/2.png", "dog/3.png", "dog/4.png", "dog/5.png"), cache.names());
    }

    Cli.Result reconstructed =
        ok("reconstruct", run.toString(), "-o", dir.resolve("r.png").toString(), "--json");
    assertSaid(reconstructed.err());
    assertEquals(5, JSON.readTree(reconstructed.out()).get("pictures").asInt());

    Cli.Result refused =
        Cli.run("tokenize", run.toString(), "-o", dir + "/no.codes", "--on-bad-picture", "refuse");
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("1 picture cannot be read"), refused.err());
    assertTrue(refused.err().contains(bad + ": "), refused.err());
    assertFalse(Files.exists(dir.resolve("no.codes")));
  }

  /** Ten thousand pictures of 2048 pixels would need 500 GB. */
  @Test
  void moreToShowThanThereIsTakesNoMemory() throws IOException {
    put("d/0.png", 0);
    put("d/1.png", 1);
    String large =
        Files.readString(TestResources.path("models/tiny.arch"))
            .replace("TinyTokenizer(image: int = 8", "TinyTokenizer(image: int = 2048");
    Path arch = Files.writeString(dir.resolve("large.arch"), large);
    Path weights = dir.resolve("w.safetensors");
    FirstWeights.write(arch.toString(), "TinyTokenizer", weights);
    String[] command = {
      "reconstruct", "-t", weights.toString(), "--pictures", at("d"), "-b", "1", "-o", at("r.png"),
    };
    String[] more = {"--show", "10000", "--json"};
    String[] all = Stream.of(command, more).flatMap(Stream::of).toArray(String[]::new);
    assertEquals(2, JSON.readTree(ok(all).out()).get("pictures").asInt());
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private void assertSaid(String err) {
    assertTrue(err.contains(dir.resolve("d") + ": 6 pictures in 2 classes"), err);
    assertTrue(err.contains("1 hidden folder (dog/.ipynb_checkpoints)"), err);
    assertTrue(err.contains("bad picture: " + dir.resolve("d/cat/1.png") + ": "), err);
  }

  private static Cli.Result ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
    return r;
  }

  private void put(String name, int i) throws IOException {
    Picture p = new Picture();
    new SyntheticPictures(10, 8, 1).read(i, p);
    Files.createDirectories(dir.resolve(name).getParent());
    PngGrid.write(p, dir.resolve(name));
  }
}
