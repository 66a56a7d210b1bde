package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No command writes over what it reads, over a run's files, or twice to one file. */
@Tag("backend")
final class OutputsTest {
  @TempDir private Path dir;

  @BeforeEach
  void inputs() throws IOException {
    Files.copy(TestResources.path("models/tiny.arch"), dir.resolve("tiny.arch"));
    FirstWeights.write("TinyGenerator", dir.resolve("g.safetensors"));
    FirstWeights.write("TinyTokenizer", dir.resolve("t.safetensors"));
    Path run = Files.createDirectories(dir.resolve("run/samples"));
    Files.writeString(run.resolve("step-00000001.png"), "picture");
    for (String own : new String[] {"latest", "metrics.jsonl", "loss.png"}) {
      Files.writeString(dir.resolve("run").resolve(own), own);
    }
    Files.createDirectories(dir.resolve("photos/cats"));
    Files.copy(TestResources.path("data/small.png"), dir.resolve("photos/cats/1.png"));
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  private Cli.Result sample(String option, String file) {
    return Cli.run(
        "sample",
        at("tiny.arch"),
        "-m",
        "TinyGenerator",
        "--weights",
        at("g.safetensors"),
        "--tokenizer-weights",
        at("t.safetensors"),
        "--class",
        "1",
        option,
        file);
  }

  private Cli.Result codes(String file) {
    return Cli.run(
        "sample",
        at("tiny.arch"),
        "-m",
        "TinyGenerator",
        "--weights",
        at("g.safetensors"),
        "--class",
        "1",
        "--tokens-out",
        file);
  }

  private static void refused(Cli.Result r, String why) {
    assertEquals(1, r.code(), r.out() + r.err());
    assertTrue(r.err().contains(why), r.err());
    assertTrue(r.err().contains("nothing was changed"), r.err());
  }

  private void keeps(String option, String file, String why) throws IOException {
    byte[] before = Files.readAllBytes(Path.of(file));
    refused(sample(option, file), why);
    assertArrayEquals(before, Files.readAllBytes(Path.of(file)));
  }

  @Test
  void anInputIsKeptHoweverItIsNamed() throws IOException {
    keeps("-o", at("tiny.arch"), "it is also F.arch, which is read");
    keeps("-o", at("g.safetensors"), "it is also --weights, which is read");
    keeps("--tokens-out", at("t.safetensors"), "it is also --tokenizer-weights, which is read");
    keeps("-o", at("photos/../g.safetensors"), "which is read");
    Files.createSymbolicLink(dir.resolve("soft.png"), dir.resolve("g.safetensors"));
    keeps("-o", at("soft.png"), "which is read");
    Files.createLink(dir.resolve("hard.png"), dir.resolve("g.safetensors"));
    keeps("-o", at("hard.png"), "which is read");
  }

  @Test
  void sourcesAndARunsOwnFilesAreKept() throws IOException {
    Files.writeString(dir.resolve("other.yaml"), "steps: 1");
    keeps("-o", at("other.yaml"), "it is a source file or weights");
    for (String own : new String[] {"latest", "metrics.jsonl", "loss.png"}) {
      keeps("-o", at("run/" + own), "it is a file of a run");
    }
    keeps("-o", at("run/samples/step-00000001.png"), "it is a file of a run");
    refused(sample("-o", at("run")), "it is a folder");
  }

  @Test
  void picturesThatAreReadAreKept() throws IOException {
    Path picture = dir.resolve("photos/cats/1.png");
    byte[] before = Files.readAllBytes(picture);
    Cli.Result r =
        Cli.run(
            "reconstruct",
            "-t",
            at("t.safetensors"),
            "--pictures",
            at("photos"),
            "-o",
            picture.toString());
    refused(r, "it is one of the pictures of --pictures");
    assertArrayEquals(before, Files.readAllBytes(picture));
    String run =
        Text.format(
            "model: {arch: \"%s\", name: TinyTokenizer}%ndata: {kind: folder, path: photos}%n"
                + "batch: 1%nsteps: 1%ncheckpoint: {dir: out}%n",
            at("tiny.arch"));
    Files.writeString(dir.resolve("run.yaml"), run);
    r = Cli.run("tokenize", at("run.yaml"), "-o", picture.toString());
    refused(r, "it is one of the pictures of `data.path` of ");
  }

  @Test
  void aRunsFolderAmongItsPicturesIsRefused() throws IOException {
    for (String folder : new String[] {"photos", "photos/cats/../out"}) {
      Path run =
          Files.writeString(
              dir.resolve("among.yaml"),
              Text.format(
                  "model: {arch: tiny.arch, name: TinyTokenizer}%n"
                      + "data: {kind: folder, path: photos}%nbatch: 1%nsteps: 1%n"
                      + "checkpoint: {dir: %s}%n",
                  folder));
      Cli.Result r = Cli.run("train", run.toString());
      assertEquals(1, r.code(), r.out());
      assertTrue(r.err().contains("the run's folder lies among its pictures"), r.err());
    }
  }

  @Test
  void twoOutputsAreTwoFiles() throws IOException {
    String file = at("new/codes");
    Cli.Result r =
        Cli.run(
            "tokenize",
            "-t",
            at("t.safetensors"),
            "--pictures",
            at("photos"),
            "-o",
            file,
            "--held-out",
            at("photos/../new/codes"));
    refused(r, "name it");
  }

  @Test
  void aFileAndAFolderAreTwo() {
    String[] known = {
      "sample",
      at("tiny.arch"),
      "-m",
      "TinyGenerator",
      "--weights",
      at("g.safetensors"),
      "--tokenizer-weights",
      at("t.safetensors"),
      "--class",
      "1",
      "-o",
      at("drawn"),
      "--images-out"
    };
    for (String folder : new String[] {"drawn", "photos/../drawn"}) {
      refused(Cli.run(with(known, at(folder))), "both --out and --images-out name it");
    }
    refused(Cli.run(with(known, at("drawn/each"))), "--images-out " + at("drawn/each"));
    assertTrue(!Files.exists(dir.resolve("drawn")));
  }

  private static String[] with(String[] arguments, String last) {
    return Stream.concat(Stream.of(arguments), Stream.of(last)).toArray(String[]::new);
  }

  @Test
  void noNewFileBecomesAPictureThatIsRead() {
    String[] known = {"reconstruct", "-t", at("t.safetensors"), "--pictures", at("photos"), "-o"};
    refused(
        Cli.run(with(known, at("photos/grid.png"))),
        "it would become one of the pictures of --pictures");
    assertTrue(!Files.exists(dir.resolve("photos/grid.png")));
    // Without -o, a picture of a known name is written where the command is called.
    String here = Path.of("").toAbsolutePath().toString();
    Cli.Result r = Cli.run("reconstruct", "-t", at("t.safetensors"), "--pictures", here);
    refused(r, "the picture that is written, reconstructions.png: it would become one of");
  }

  @Test
  void whatMayBeReplacedIs() {
    for (int i = 0; i < 2; i++) {
      Cli.Result r = codes(at("codes.json"));
      assertEquals(0, r.code(), r.err());
    }
    Cli.Result r = codes("/dev/null");
    assertEquals(0, r.code(), r.err());
    assertTrue(!Files.isRegularFile(Path.of("/dev/null")));
  }
}
