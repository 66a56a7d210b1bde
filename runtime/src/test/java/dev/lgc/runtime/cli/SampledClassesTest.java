package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Class folders with any names, from pictures to samples, and which weights draw them. */
@Tag("backend")
final class SampledClassesTest {
  private static final String ARCH = TestResources.path("models/tiny.arch").toString();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NAMES = List.of("007", "7", "a, b", "it's #1", "z");

  @TempDir private static Path dir;

  private static Cli.Result ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
    return r;
  }

  private static String at(String name) {
    return dir.resolve(name).toString();
  }

  @BeforeAll
  static void train() throws IOException {
    for (String name : NAMES) {
      Path folder = Files.createDirectories(dir.resolve("pictures").resolve(name));
      for (int i = 0; i < 2; i++) {
        PngGrid.write(new Picture(8, 8), folder.resolve(i + ".png"));
      }
    }
    Files.writeString(
        dir.resolve("t.yaml"),
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: folder, path: pictures}
            batch: 4
            steps: 1
            checkpoint: {dir: t}
            """,
            ARCH));
    Files.writeString(
        dir.resolve("g.yaml"),
        Text.format(
            """
            model: {arch: "%s", name: TinyGenerator}
            codes: {path: train.codes}
            batch: 4
            steps: 40
            optimizer: {lr: 0.1}
            ema: 0.9999
            ema_warmup: false
            checkpoint: {dir: g}
            """,
            ARCH));
    ok("train", at("t.yaml"));
    ok("tokenize", at("t.yaml"), "-o", at("train.codes"));
    Cli.Result r = ok("train", at("g.yaml"));
    assertTrue(r.err().contains("classes 5 to 9 are not trained"), r.err());
  }

  private Cli.Result sample(String... how) {
    return Cli.run(
        Stream.concat(
                Stream.of("sample", "-g", at("g"), "--json", "-b", "2", "--cfg", "1"),
                Stream.of(how))
            .toArray(String[]::new));
  }

  private Set<String> folders(String name) throws IOException {
    try (Stream<Path> all = Files.list(dir.resolve(name))) {
      return all.filter(Files::isDirectory)
          .map(p -> p.getFileName().toString())
          .collect(Collectors.toSet());
    }
  }

  @Test
  void everyClassIsDrawnIntoItsFolder() throws IOException {
    Cli.Result r = sample("-t", at("t"), "--images-out", at("all"), "-o", at("all.png"));
    assertEquals(0, r.code(), r.err());
    assertEquals(Set.copyOf(NAMES), folders("all"));
  }

  @Test
  void aClassIsAskedForByNameByFileOrByNumber() throws IOException {
    Files.writeString(dir.resolve("wanted"), "7\r\na, b\r\n");
    int n = 0;
    for (List<String> how :
        List.of(
            List.of("--class", "'7',a, b"),
            List.of("--class-file", at("wanted")),
            List.of("--class-index", "1-2"))) {
      String out = "some" + n++;
      Cli.Result r =
          sample("-t", at("t"), "--images-out", at(out), "-o", at("s.png"), how.get(0), how.get(1));
      assertEquals(0, r.code(), r.err());
      assertEquals(Set.of("7", "a, b"), folders(out), how.toString());
    }
  }

  @Test
  void aClassThatWasNeverTrainedIsDrawnOnlyOnPurpose() {
    String codes = at("c.json");
    Cli.Result refused = sample("--class", "8", "--tokens-out", codes);
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("trained on 5 classes"), refused.err());
    Cli.Result drawn = sample("--class-index", "8", "--tokens-out", codes);
    assertEquals(0, drawn.code(), drawn.err());
    assertTrue(drawn.err().contains("was not trained on class 8"), drawn.err());
    assertEquals(1, sample("--class-index", "10", "--tokens-out", codes).code(), "the null class");
  }

  private JsonNode codes(String... how) throws IOException {
    String file = at("codes.json");
    Cli.Result r =
        sample(
            Stream.concat(Stream.of("--tokens-out", file, "--top-k", "1"), Stream.of(how))
                .toArray(String[]::new));
    assertEquals(0, r.code(), r.err());
    return JSON.readTree(Files.readString(Path.of(file)));
  }

  @Test
  void whichWeightsDrawIsSaidAndCanBeChosen() throws IOException {
    Cli.Result r = sample("--tokens-out", at("w.json"));
    assertEquals("average", JSON.readTree(r.out()).get("weights_of").asText());
    assertTrue(r.err().contains("still 100 % the model's initial values"), r.err());
    Cli.Result raw = sample("--tokens-out", at("w.json"), "--weights-of", "raw");
    assertEquals("raw", JSON.readTree(raw.out()).get("weights_of").asText());
    assertEquals("", raw.err().lines().filter(l -> l.startsWith("warning")).findAny().orElse(""));
    assertNotEquals(codes(), codes("--weights-of", "raw"));
    assertEquals(codes(), codes("--weights-of", "average"));
  }

  @Test
  void anArtifactKeepsClassesAndSaysWhichWeightsItHas() throws IOException {
    String lgc = at("g.lgc");
    ok("compile", at("g"), "-b", "2", "--weights", at("g"), "--weights-of", "raw", "-o", lgc);
    String file = at("a.json");
    Cli.Result r =
        ok(
            "sample",
            lgc,
            "--class",
            "a, b",
            "--cfg",
            "1",
            "--top-k",
            "1",
            "--json",
            "--tokens-out",
            file);
    assertEquals("raw", JSON.readTree(r.out()).get("weights_of").asText());
    assertEquals(
        codes("--weights-of", "raw", "--class-index", "2").get("tokens"),
        JSON.readTree(Files.readString(Path.of(file))).get("tokens"));
    Cli.Result other = Cli.run("sample", lgc, "--weights-of", "average", "--tokens-out", file);
    assertEquals(1, other.code());
    assertTrue(other.err().contains("its weights are raw"), other.err());
  }

  @Test
  void weightsOfARunKeepTheirClassesWhateverTheyAreLoadedInto() {
    Cli.Result r =
        Cli.run(
            "sample",
            ARCH,
            "-m",
            "TinyGenerator",
            "--weights",
            at("g"),
            "--class",
            "it's #1",
            "--tokens-out",
            at("x.json"),
            "-b",
            "2");
    assertEquals(0, r.code(), r.err());
  }
}
