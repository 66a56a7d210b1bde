package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lgc.runtime.data.ImageReader;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.io.FileSum;
import dev.lgc.runtime.io.FolderLock;
import dev.lgc.runtime.report.PngGrid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lgc sample} of a generator and a tokenizer with their first weights. */
@Tag("backend")
final class SampleCommandTest {
  @TempDir private Path dir;

  @BeforeEach
  void weights() throws IOException {
    TinyWeights.write("TinyGenerator", dir.resolve("g.safetensors"), 5);
    TinyWeights.write("TinyTokenizer", dir.resolve("t.safetensors"), 5);
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private Cli.Result sample(String... how) {
    List<String> all = new ArrayList<>(List.of("sample", TinyWeights.ARCH, "-m", "TinyGenerator"));
    all.addAll(List.of("--weights", at("g.safetensors")));
    if (!List.of(how).contains("--seed")) {
      all.addAll(List.of("--seed", "11"));
    }
    all.addAll(List.of(how));
    return Cli.run(all.toArray(String[]::new));
  }

  /** The codes that are drawn, as they are written. */
  private String codes(String... how) throws IOException {
    List<String> all = new ArrayList<>(List.of(how));
    all.addAll(List.of("--tokens-out", at("codes.json")));
    Cli.Result r = sample(all.toArray(String[]::new));
    assertEquals(0, r.code(), r.err());
    return Files.readString(dir.resolve("codes.json"));
  }

  @Test
  void guidanceOfZeroDrawsWithoutRegardToTheClassAndSaysSo() throws IOException {
    assertEquals(
        codes("--class", "1", "-n", "5", "--cfg", "0"),
        codes("--class", "7", "-n", "5", "--cfg", "0"));
    assertNotEquals(
        codes("--class", "1", "-n", "5", "--cfg", "1"),
        codes("--class", "7", "-n", "5", "--cfg", "1"));
    Cli.Result asked = sample("--class", "1", "--cfg", "0", "--tokens-out", at("codes.json"));
    assertTrue(asked.err().contains("warning: --cfg 0 ignores the classes"));
    Cli.Result all = sample("--cfg", "0", "--tokens-out", at("codes.json"));
    assertTrue(!all.err().contains("warning:"), all.err());
    assertTrue(Cli.run("sample", "--help").out().contains("0 ignores the class"));
  }

  @Test
  void theBatchChangesNoDraw() throws IOException {
    String together = codes("--class", "1,7,3", "-n", "10", "-b", "10", "--cfg", "1.5");
    for (String batch : List.of("1", "3", "4")) {
      assertEquals(
          together, codes("--class", "1,7,3", "-n", "10", "-b", batch, "--cfg", "1.5"), batch);
    }
  }

  private Cli.Result pictures(String... how) {
    List<String> all = new ArrayList<>(List.of("--tokenizer-weights", at("t.safetensors")));
    all.addAll(List.of("-o", at("grid.png")));
    all.addAll(List.of(how));
    return sample(all.toArray(String[]::new));
  }

  /** The files below a folder with their content. */
  private Map<String, String> files(String folder) throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> found = Files.walk(dir.resolve(folder))) {
      for (Path p : found.filter(Files::isRegularFile).filter(f -> !f.endsWith(".lock")).toList()) {
        all.put(dir.resolve(folder).relativize(p).toString(), FileSum.of(p));
      }
    }
    return all;
  }

  /** What is refused, on one line. */
  private static String refused(Cli.Result r) {
    assertEquals(1, r.code(), r.err());
    return r.err().replaceAll("\\s+", " ");
  }

  private static void ok(Cli.Result r) {
    assertEquals(0, r.code(), r.err());
  }

  @Test
  void eachPictureHasAFileNamedByItsNumberInTheFolderOfItsClass() throws IOException {
    ok(pictures("--class", "3,7", "-n", "5", "-b", "2", "--images-out", at("io")));
    assertEquals(
        Set.of(
            "3/00000.png",
            "7/00001.png",
            "3/00002.png",
            "7/00003.png",
            "3/00004.png",
            ".sampling.json"),
        files("io").keySet());
  }

  @Test
  void theBatchChangesNoPicture() throws IOException {
    ok(pictures("--class", "3,7", "-n", "11", "-b", "11", "--images-out", at("whole")));
    for (String batch : List.of("1", "4")) {
      ok(pictures("--class", "3,7", "-n", "11", "-b", batch, "--images-out", at("b" + batch)));
      Map<String, String> want = files("whole");
      Map<String, String> got = files("b" + batch);
      want.remove(".sampling.json"); // which says the batch
      got.remove(".sampling.json");
      assertEquals(want, got);
    }
  }

  @Test
  void whatIsMissingIsDrawnAgainAndNothingElse() throws IOException {
    String[] how = {"--class", "3,7", "-n", "11", "-b", "4", "--images-out", at("io")};
    ok(pictures(how));
    Map<String, String> before = files("io");
    Files.delete(dir.resolve("io/7/00005.png"));
    Files.delete(dir.resolve("io/3/00010.png"));
    FileTime kept = Files.getLastModifiedTime(dir.resolve("io/3/00004.png"));
    Cli.Result again = pictures(how);
    ok(again);
    assertEquals(before, files("io"));
    assertEquals(kept, Files.getLastModifiedTime(dir.resolve("io/3/00004.png")));
    assertTrue(again.out().contains("drawn: 7"), again.out()); // two batches: of four, and of three
    Cli.Result nothing = pictures(how);
    ok(nothing);
    assertTrue(nothing.out().contains("drawn: 0"), nothing.out());
    assertTrue(nothing.out().contains("samples: 11"), nothing.out());

    ok(pictures("--class", "3,7", "-n", "13", "-b", "4", "--images-out", at("io")));
    assertEquals(before.size() + 2, files("io").size(), "more of the same go into the same folder");
  }

  @Test
  void aFolderOfOtherSettingsIsRefusedByName() throws IOException {
    ok(pictures("--class", "3,7", "-n", "2", "--images-out", at("io")));
    Map<String, String> before = files("io");
    Map<List<String>, String> others =
        Map.of(
            List.of("--class", "3,7", "--seed", "12"), "with seed 11 expected seed 12",
            List.of("--class", "3,8"), "with class 3,7 expected class 3,8",
            List.of("--class", "3,7", "--cfg", "2"), "with cfg 4.0 expected cfg 2.0",
            List.of("--class", "3,7", "--weights-type", "bf16"),
                "with weights-type f32 expected weights-type bf16");
    others.forEach(
        (how, message) -> {
          List<String> all = new ArrayList<>(how);
          all.addAll(List.of("--images-out", at("io")));
          String found = refused(pictures(all.toArray(String[]::new)));
          assertTrue(found.contains("its samples were drawn " + message), found);
        });
    TinyWeights.write("TinyGenerator", dir.resolve("g.safetensors"), 6);
    String found = refused(pictures("--class", "3,7", "--images-out", at("io")));
    assertTrue(found.contains("its samples were drawn with generator "), found);
    assertEquals(before, files("io"));
  }

  @Test
  void aFolderOfOtherFilesIsRefusedAndLeftAlone() throws IOException {
    Files.createDirectories(dir.resolve("io"));
    Files.writeString(dir.resolve("io/mine.txt"), "mine");
    String found = refused(pictures("--class", "3", "--images-out", at("io")));
    assertTrue(found.contains("holds other files: mine.txt"), found);
    assertEquals(Set.of("mine.txt"), files("io").keySet());
    String file = refused(pictures("--class", "3", "--images-out", at("io/mine.txt")));
    assertTrue(file.contains("is a file expected a folder"), file);
  }

  @Test
  void aFolderThatAnotherRunDrawsIntoIsRefused() throws IOException {
    try (FolderLock other = FolderLock.acquire(dir.resolve("io"), "pictures", "", w -> {})) {
      String found = refused(pictures("--class", "3", "--images-out", at("io")));
      assertTrue(found.contains("a set of pictures is being written here by "), found);
    }
    ok(pictures("--class", "3", "--images-out", at("io")));
  }

  @Test
  void codesGoOnWhereTheyStopped() throws IOException {
    String whole = codes("--class", "1,7", "-n", "9", "-b", "4");
    assertTrue(whole.startsWith("{\"tokens\":[[") && whole.endsWith("]]}"), whole);
    assertTrue(Files.notExists(dir.resolve("codes.json.partial")));
    Files.delete(dir.resolve("codes.json"));

    // What a run leaves that is killed while it writes its sixth sample.
    Cli.Result longer =
        sample("--class", "1,7", "-n", "12", "-b", "4", "--tokens-out", at("other.json"));
    ok(longer);
    String record = partialRecord();
    List<String> lines = Arrays.asList(whole.substring(11, whole.length() - 2).split("(?<=]),"));
    assertEquals(9, lines.size());
    Path partial = dir.resolve("codes.json.partial");
    String begun = record + "\n" + String.join("\n", lines.subList(0, 5)) + "\n[3,";
    Files.writeString(partial, begun);
    Cli.Result rest =
        sample("--class", "1,7", "-n", "9", "-b", "4", "--tokens-out", at("codes.json"));
    ok(rest);
    assertEquals(whole, Files.readString(dir.resolve("codes.json")));
    assertTrue(rest.out().contains("drawn: 5"), rest.out());
    assertTrue(Files.notExists(partial));

    Files.writeString(partial, begun);
    String other =
        refused(sample("--class", "1,8", "-n", "9", "-b", "4", "--tokens-out", at("codes.json")));
    assertTrue(other.contains("with class 1,7 expected class 1,8"), other);
    assertEquals(begun, Files.readString(partial));
  }

  /** The first line of an unfinished file of codes: that of these samples' settings. */
  private String partialRecord() throws IOException {
    ok(pictures("--class", "1,7", "-n", "1", "--images-out", at("record")));
    ObjectNode all =
        (ObjectNode)
            new ObjectMapper().readTree(Files.readString(dir.resolve("record/.sampling.json")));
    ((ObjectNode) all.get("settings")).remove("tokenizer");
    return all.toString();
  }

  @Test
  void theGridIsBoundedAndSaysWhatItLeavesOut() throws IOException {
    Cli.Result zoomed =
        pictures("--class", "3", "-n", "9", "--zoom", "1000", "--images-out", at("io"));
    ok(zoomed);
    assertTrue(zoomed.err().matches("(?s).*grid.png is zoomed by \\d+ instead of 1000: .*"));
    assertEquals(10, files("io").size());
    Picture grid = new Picture();
    ImageReader.read(dir.resolve("grid.png"), grid);
    long pixels = (long) grid.width() * grid.height();
    assertTrue(pixels <= PngGrid.mostPixels() && pixels > PngGrid.mostPixels() / 3, "" + pixels);
  }
}
