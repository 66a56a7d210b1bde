package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.compiler.emit.tornado.DeviceLayout;
import dev.lgc.compiler.emit.tornado.DeviceLimits;
import dev.lgc.compiler.emit.tornado.DeviceTask;
import dev.lgc.compiler.emit.tornado.LayoutBuilder;
import dev.lgc.compiler.emit.tornado.TornadoEmitter;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.artifact.ArtifactFile;
import dev.lgc.dsl.text.Text;
import dev.lgc.dsl.type.DType;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.data.ImageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on the smallest models. */
@Tag("backend")
final class CommandsTest {
  private static final String ARCH = TestResources.path("models/tiny.arch").toString();
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path dir;

  private static Cli.Result ok(String... args) {
    Cli.Result r = Cli.run(args);
    assertEquals(0, r.code(), r.err());
    return r;
  }

  @Test
  void checkFindsNoMistakeInASoundFileAndShowsThoseOfABadOne() throws Exception {
    ok("check", ARCH);
    Path bad = dir.resolve("bad.arch");
    Files.writeString(bad, "model M() { forward f(x: [b, 3]) -> [b, 4] = x }\n");
    Cli.Result r = Cli.run("check", bad.toString());
    assertEquals(1, r.code());
    assertTrue(r.err().contains("bad.arch:1:"), r.err());
    Cli.Result json = Cli.run("check", bad.toString(), "--json");
    assertEquals(1, json.code());
    assertTrue(JSON.readTree(json.out()).get(0).has("code"), json.out());
  }

  @Test
  void planCountsWithoutRunning() throws Exception {
    Cli.Result r = ok("plan", ARCH, "-m", "TinyGenerator", "--batch", "4", "--json");
    JsonNode plan = JSON.readTree(r.out());
    assertTrue(plan.get("parameters").asLong() > 0);
    assertTrue(plan.get("training").get("whole").get("operations").asLong() > 0);
    assertTrue(plan.get("inference").get("cache_bytes").asLong() > 0);
    assertTrue(plan.get("limits").asText().matches("(assumed|measured here with) .*"));
  }

  @Test
  void whatWasCompiledCanBeShown() throws Exception {
    Path lgc = dir.resolve("tiny.lgc");
    ok("compile", ARCH, "-m", "TinyGenerator", "-b", "2", "-o", lgc.toString());
    assertTrue(ok("show", lgc.toString()).out().contains("codes.step"));
    assertTrue(ok("show", lgc.toString(), "--dump=memory").out().contains("arena"));
    Path svg = dir.resolve("g.svg");
    ok("show", lgc.toString(), "--step", "next_code.loss", "--svg", svg.toString());
    assertTrue(Files.readString(svg).startsWith("<svg"));
    Cli.Result other = Cli.run("show", svg.toString().replace(".svg", ".lgc"));
    assertEquals(1, other.code());
  }

  @Test
  void kernelsForEveryTargetAskedForAreInTheFile() throws Exception {
    Path lgc = dir.resolve("both.lgc");
    String[] compile = {"compile", ARCH, "-m", "TinyGenerator", "-b", "2", "-o", lgc.toString()};
    ok(compile);
    assertEquals(Set.of("jvm"), targets(lgc));
    String[] both = Arrays.copyOf(compile, compile.length + 2);
    both[compile.length] = "--target";
    both[compile.length + 1] = "jvm,tornado";
    ok(both);
    assertEquals(Set.of("jvm", "tornado"), targets(lgc));
    // The plan is the same: every device emits from it what suits it.
    ExecutionPlan plan = using(lgc);
    Map<String, byte[]> code = ArtifactFile.read(lgc).code();
    DeviceLayout layout = LayoutBuilder.layout(plan, DeviceLimits.PORTABLE);
    for (DeviceTask t : TornadoEmitter.emit(plan, layout, "codes.step")) {
      byte[] kept = code.get("tornado/" + t.name() + ".class");
      assertArrayEquals(t.classFile(), kept, t.name());
    }
  }

  /** The last plan of a compiled generator: what it draws codes with. */
  private static ExecutionPlan using(Path lgc) throws IOException {
    return ArtifactFile.read(lgc).plans().getLast().plan();
  }

  private static Set<String> targets(Path lgc) throws IOException {
    return ArtifactFile.read(lgc).code().keySet().stream()
        .map(name -> name.substring(0, name.indexOf('/')))
        .collect(Collectors.toSet());
  }

  @Test
  void diffSaysWhetherCheckpointsFit() {
    String model = ARCH + "#TinyGenerator";
    assertTrue(ok("diff", model, model).out().contains("the same weights"));
    Cli.Result r = ok("diff", model, model, "-q", "dim=16");
    assertTrue(r.out().contains("does not fit"), r.out());
  }

  @Test
  void aTrainedTokenizerAndGeneratorDrawWhatIsAskedFor() throws Exception {
    Path tokenizer = dir.resolve("tokenizer.yaml");
    Files.writeString(
        tokenizer,
        Text.format(
            """
            model: {arch: "%s", name: TinyTokenizer}
            data: {kind: drawn, count: 30, held_out: 5, crop: center}
            batch: 4
            steps: 3
            checkpoint: {dir: t}
            """,
            ARCH));
    Path generator = dir.resolve("generator.yaml");
    Files.writeString(
        generator,
        Text.format(
            """
            model: {arch: "%s", name: TinyGenerator}
            codes: {path: train.codes, held_out: val.codes}
            batch: 4
            steps: 3
            ema: 0.5
            checkpoint: {dir: g}
            """,
            ARCH));
    ok("train", tokenizer.toString());
    ok("reconstruct", tokenizer.toString(), "-b", "2", "-o", at("r.png"));
    String[] tokenize = {
      "tokenize", tokenizer.toString(), "-o", at("train.codes"), "--held-out", at("val.codes")
    };
    ok(tokenize);
    ok("train", generator.toString());
    Cli.Result r =
        ok(
            "sample",
            "-g",
            at("g"),
            "-t",
            at("t"),
            "--class",
            "star,0-2",
            "-n",
            "5",
            "-b",
            "2",
            "-o",
            at("s.png"),
            "--tokens-out",
            at("s.json"),
            "--images-out",
            at("each"),
            "--json");
    assertEquals(5, JSON.readTree(r.out()).get("samples").asInt());
    assertEquals(5, ImageFolder.open(Path.of(at("each"))).size());
    JsonNode tokens = JSON.readTree(Files.readString(Path.of(at("s.json")))).get("tokens");
    assertEquals(5, tokens.size());
    assertEquals(4, tokens.get(0).size());
    assertTrue(Files.size(Path.of(at("s.png"))) > 0);
    String[] narrow = {
      "sample", "-g", at("g"), "-t", at("t"), "--class", "0", "-o", at("n.png"), "--weights-type"
    };
    for (String type : List.of("bf16", "int8")) {
      List<String> arguments = new ArrayList<>(List.of(narrow));
      arguments.add(type);
      ok(arguments.toArray(String[]::new));
    }
    assertTrue(Files.size(Path.of(at("n.png"))) > 0);
    Cli.Result unknown = Cli.run("sample", "-g", at("g"), "-t", at("t"), "--class", "stra");
    assertEquals(1, unknown.code());
    assertTrue(unknown.err().contains("star"), unknown.err());
    assertFalse(unknown.err().contains("\tat "), unknown.err());
  }

  @Test
  void narrowWeightsAreCompiledForUsing() throws Exception {
    String[] compile = {
      "compile", ARCH, "-m", "TinyGenerator", "--weights-type", "int8", "-o", at("n.lgc")
    };
    Cli.Result r = ok(compile);
    assertFalse(r.out().contains("gradients"), r.out());
    ExecutionPlan plan = using(Path.of(at("n.lgc")));
    assertTrue(
        plan.storage().stream().anyMatch(t -> t.slot().type().dtype() == DType.I8),
        "no int8 weights");
    List<String> tornado = new ArrayList<>(List.of(compile));
    tornado.addAll(List.of("--target", "tornado"));
    ok(tornado.toArray(String[]::new));
    assertTrue(
        ArtifactFile.read(Path.of(at("n.lgc"))).code().keySet().stream()
            .anyMatch(c -> c.startsWith("tornado/")),
        "no kernels for tornado");
    Cli.Result training =
        Cli.run("plan", ARCH, "-m", "TinyGenerator", "--for", "training", "--weights-type", "bf16");
    assertEquals(1, training.code());
    assertTrue(training.err().contains("training with weights in bf16"), training.err());
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }
}
