package dev.lgc.dsl.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.diagnostic.Renderer;
import dev.lgc.dsl.model.Call;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Definition;
import dev.lgc.dsl.model.Dump;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Fingerprint;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.resolve.Loader;
import dev.lgc.dsl.type.Intrinsic;
import dev.lgc.dsl.type.TensorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("pure")
class LanguageTest {
  private static Language good(String file) throws IOException {
    return Language.load(file, Loader.of(Goldens.texts("good"))).get();
  }

  private static CheckedModel model(String text) {
    return Language.parse("m.arch", text).get().elaborate("M", Map.of(), Map.of()).get();
  }

  private static CheckedModel model(String text, String... parameter) {
    Map<String, String> parameters = new java.util.LinkedHashMap<>();
    for (String p : parameter) {
      parameters.put(p.substring(0, p.indexOf('=')), p.substring(p.indexOf('=') + 1));
    }
    return Language.parse("m.arch", text).get().elaborate("M", parameters, Map.of()).get();
  }

  /** What is drawn at random in an objective does not depend on what else is elaborated. */
  @ParameterizedTest
  @CsvSource({"features.arch, Toy", "features.arch, Pairs", "llama.arch, Tiny", "llama.arch, VQ16"})
  void objectivesAloneAreThoseOfTheWholeModel(String file, String name) throws IOException {
    Language language = good(file);
    CheckedModel all = language.elaborate(name, Map.of(), Map.of("b", 4)).get();
    assertEquals(
        all.entries(Entry.Kind.OBJECTIVE),
        language.objectives(name, Map.of(), Map.of("b", 4)).get());
  }

  @ParameterizedTest
  @CsvSource({
    "features.arch, Toy",
    "features.arch, Pairs",
    "features.arch, Wide",
    "features.arch, Wider",
    "llama.arch, Tiny",
    "llama.arch, VQ16"
  })
  void elaboratesToTheGoldenDump(String file, String name) throws IOException {
    CheckedModel m = good(file).elaborate(name, Map.of(), Map.of("b", 2)).get();
    Goldens.compare(Goldens.RESOURCES.resolve("good/" + name + ".txt"), Dump.of(m));
  }

  @Test
  void goodFilesHaveNoMistakes() throws IOException {
    for (Path p : Goldens.sources("good")) {
      assertEquals("", Renderer.plain(good(p.getFileName().toString()).check()));
    }
  }

  @Test
  void namesItsModelsAndTheirParameters() throws IOException {
    Language llama = good("llama.arch");
    assertEquals(List.of("VQ16", "ClassToImage", "GroupedQuery", "Tiny"), llama.models());
    assertEquals(
        new Language.Parameter("size", "LlamaGen", "B"),
        llama.parameters("ClassToImage").getFirst());
    assertEquals(List.of(), llama.parameters("Nobody"));
  }

  @ParameterizedTest
  @CsvSource({"B, 12", "XXL, 48", "3B, 24", "'(3, 4, 128)', 3"})
  void aParameterIsGivenAsAUserWritesIt(String size, int layers) throws IOException {
    CheckedModel m =
        good("llama.arch")
            .elaborate("ClassToImage", Map.of("size", size, "image", "384"), Map.of())
            .get();
    assertEquals(
        layers, m.storage().stream().filter(s -> s.path().endsWith("attention.wo.weight")).count());
    assertEquals(24L * 24, m.facts().get("n"));
    assertEquals(size, m.arguments().get("size"));
  }

  @Test
  void aGeneratorKnowsItsTokenizer() throws IOException {
    CheckedModel m =
        good("llama.arch")
            .elaborate("ClassToImage", Map.of("tokenizer", "VQ16(codes: 64)"), Map.of())
            .get();
    CheckedModel.TokenizerFacts t = m.tokenizer().orElseThrow();
    assertEquals("VQ16", t.model());
    assertEquals(Map.of("codes", "64"), t.arguments());
    assertEquals(64L, t.facts().get("codes"));
    assertEquals(TensorType.f32(64, 768), storage(m, "tok_embeddings.weight").type());
  }

  private static Storage storage(CheckedModel m, String path) {
    return m.storage().stream().filter(s -> s.path().equals(path)).findFirst().orElseThrow();
  }

  @Test
  void aVariantChangesEveryLayer() throws IOException {
    CheckedModel m =
        good("llama.arch").elaborate("GroupedQuery", Map.of("size", "L"), Map.of()).get();
    assertEquals(
        TensorType.f32((16 + 2 * 4) * 64, 1024),
        storage(m, "layers.0.attention.wqkv.weight").type());
    assertEquals(
        TensorType.f32((16 + 2 * 4) * 64, 1024),
        storage(m, "layers.23.attention.wqkv.weight").type());
  }

  @Test
  void whatTheUserGivesWinsOverWhatAVariantSets() throws IOException {
    CheckedModel m = good("llama.arch").elaborate("Tiny", Map.of("classes", "7"), Map.of()).get();
    assertEquals("7", m.arguments().get("classes"));
    assertEquals("64", m.arguments().get("image"));
  }

  @Test
  void everyPlaceIsInTheUsersSource() throws IOException {
    CheckedModel m = good("llama.arch").elaborate("Tiny", Map.of(), Map.of()).get();
    for (Entry e : m.entries()) {
      for (Definition d : e.values()) {
        assertEquals("llama.arch", d.where().file());
      }
    }
  }

  @Test
  void operandsComeFirstAndStreamsAreUnique() throws IOException {
    for (String name : List.of("Toy", "Pairs")) {
      CheckedModel m = good("features.arch").elaborate(name, Map.of(), Map.of()).get();
      for (Entry e : m.entries()) {
        for (int i = 0; i < e.values().size(); i++) {
          if (e.values().get(i) instanceof Call c) {
            int at = i;
            assertTrue(c.operands().stream().allMatch(o -> o < at));
          }
        }
      }
    }
    Entry objective =
        good("llama.arch")
            .elaborate("Tiny", Map.of(), Map.of())
            .get()
            .entry("next_token")
            .orElseThrow();
    List<Object> streams =
        objective.values().stream()
            .filter(d -> d instanceof Call c && c.operation() == Intrinsic.UNIFORM)
            .map(d -> ((Call) d).attributes().get("stream"))
            .toList();
    assertFalse(streams.isEmpty());
    assertEquals(streams.stream().distinct().toList(), streams);
  }

  @Test
  void aSecondUpdateSeesTheFirst() {
    CheckedModel m =
        model(
            """
            block Count() {
              buffer count: [] = zeros
              param weight: [] = ones
              forward(x: [b]) -> [b] {
                update count = count + 1.0
                return x * weight
              }
            }
            model M() {
              c = Count()
              objective o(x: [b]) { minimize mean(c(c(x))) }
            }
            """);
    Entry e = m.entry("o").orElseThrow();
    Call last = (Call) e.values().get(e.updates().get("c.count"));
    assertEquals(
        Intrinsic.ADD,
        e.values().get(last.operands().getFirst()) instanceof Call c ? c.operation() : null);
  }

  @Test
  void frozenBlocksAreNeitherTrainedNorTraining() {
    CheckedModel m =
        model(
            """
            block Net() {
              param weight: [] = ones
              forward(x: [b]) -> [b] = dropout(x * weight, 0.5)
            }
            model M() {
              net = Net()
              frozen teacher = Net()
              objective o(x: [b]) { minimize mean(net(x) - teacher(x)) }
            }
            """);
    Entry e = m.entry("o").orElseThrow();
    assertEquals(List.of("net.weight"), e.over());
    assertEquals(Storage.Role.FROZEN, storage(m, "teacher.weight").role());
    assertEquals(
        1,
        e.values().stream()
            .filter(d -> d instanceof Call c && c.operation() == Intrinsic.UNIFORM)
            .count());
    assertEquals(1, m.parameterCount());
  }

  @Test
  void oneSubBlockUnderTwoNamesSharesItsWeights() {
    CheckedModel m =
        model(
            """
            block Net() {
              param weight: [2] = ones
              forward(x: [*, 2]) -> [*, 2] = x * weight
            }
            model M() {
              a = Net()
              b = a
              forward(x: [n, 2]) -> [n, 2] = b(a(x))
            }
            """);
    assertEquals(2, m.parameterCount());
  }

  @Test
  void staticArithmeticIsThatOfTheReference() {
    CheckedModel m =
        model(
            """
            model M(dim: int = 768) {
              let hidden = round_up(2 * 4 * dim / 3, 256)
              let down = -7 / 2
              let rest = -7 % 3
              let half = 7 / 2.0
              let text = "{dim}x{half}"
              let squares = sum([i * i for i in 0..4 if i != 2])
              let last = [1, 2, 3][-1]
              let tail = len([1, 2, 3][1:])
              let chosen = if dim > 100 and not (dim == 1) then 1 else 2
            }
            """);
    assertEquals(2048L, m.facts().get("hidden"));
    assertEquals(-4L, m.facts().get("down"));
    assertEquals(2L, m.facts().get("rest"));
    assertEquals(3.5, m.facts().get("half"));
    assertEquals("768x3.5", m.facts().get("text"));
    assertEquals(10L, m.facts().get("squares"));
    assertEquals(3L, m.facts().get("last"));
    assertEquals(2L, m.facts().get("tail"));
    assertEquals(1L, m.facts().get("chosen"));
  }

  @Test
  void theFingerprintIsBlindToSpellingAndBatch() {
    String text =
        "model M(n: int = 3) {\n"
            + "  param weight: [n] = ones\n"
            + "  forward(x: [b, n]) -> [b, n] = x * weight\n"
            + "}\n";
    String same =
        "// why\n"
            + "model   M(n: int=3) { param weight: [n]=ones forward(x: [b,n]) -> [b,n] = x*weight"
            + " }";
    CheckedModel m = model(text);
    assertEquals(Fingerprint.of(m), Fingerprint.of(model(same)));
    assertNotEquals(Fingerprint.of(m), Fingerprint.of(model(text, "n=4")));
    assertNotEquals(
        Fingerprint.of(m), Fingerprint.of(model(text.replace("x * weight", "x + weight"))));
    Language l = Language.parse("m.arch", text).get();
    assertEquals(
        Fingerprint.of(m), Fingerprint.of(l.elaborate("M", Map.of(), Map.of("b", 3)).get()));
    assertEquals(
        Fingerprint.of(m), Fingerprint.of(l.elaborate("M", Map.of(), Map.of("b", 1)).get()));
    assertEquals(
        "48aacd40",
        Fingerprint.of(m).substring(0, 8),
        "the fingerprint of a released language does not change");
  }

  @Test
  void bytesThatAreNotTextAreAMistake(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("latin.arch");
    Files.write(file, "// é".getBytes(StandardCharsets.ISO_8859_1));
    Outcome<Language> l = Language.load(file);
    assertEquals(Code.NOT_UTF8, l.diagnostics().getFirst().code());
    Path importing = dir.resolve("importing.arch");
    Files.writeString(importing, "import \"latin.arch\"\n");
    assertEquals(Code.NOT_UTF8, Language.load(importing).diagnostics().getFirst().code());
  }

  @Test
  void aFileOrModuleThatDoesNotExistIsAMistake() {
    assertEquals(Code.FILE_NOT_FOUND, Language.load("nowhere").diagnostics().getFirst().code());
    assertEquals(
        Code.FILE_NOT_FOUND, Language.load("../nowhere.arch").diagnostics().getFirst().code());
    assertEquals(Code.FILE_NOT_FOUND, Language.load("\0").diagnostics().getFirst().code());
  }

  @Test
  void noTextMakesItThrow() throws IOException {
    String text = Goldens.texts("good").get("features.arch");
    for (int i = 0; i < text.length(); i += 67) {
      for (String change : List.of("", ")", "(", " 0 ", "\"", "none", "-", "[x]", "\u2603")) {
        String broken =
            text.substring(0, i) + change + text.substring(Math.min(text.length(), i + 3));
        Outcome<Language> l =
            Language.load(
                dev.lgc.dsl.source.Source.of("features.arch", broken),
                Loader.of(Goldens.texts("arch")));
        Renderer.plain(l.isOk() ? l.get().check() : l.diagnostics());
      }
    }
  }

  /** Texts made to break the compiler: each is fine or wrong, none is a fault or takes long. */
  static java.util.stream.Stream<String> hostile() {
    return java.util.stream.Stream.of(
        "let x = " + "(".repeat(190) + "1" + ")".repeat(190),
        "let x = " + "[".repeat(190) + "1" + "]".repeat(190) + " +",
        "let x = " + "1 + ".repeat(20_000) + "1",
        "let x = " + "if true then 1 else ".repeat(5_000) + "1",
        "let x = " + "if true then 1 else ".repeat(450) + "1 model M() { let y = x }",
        "let x = " + "1 + ".repeat(450) + "1 model M() { let y = x }",
        "model M() { if false { } " + "else if false { } ".repeat(3_000) + " }",
        "let x = " + "-".repeat(5_000) + "1",
        "let x = " + "f(".repeat(150) + "1" + ")".repeat(150) + " function f(n: int) = n",
        "model M() { " + "if true { ".repeat(150) + "let a = 1" + " }".repeat(150) + " }",
        "function f(n: int) = if n < 2 then 1 else f(n - 1) + f(n - 2) model M() { let a = f(60) }",
        "function d(s: list, n: int) = if n == 0 then s else d(s + s, n - 1) model M() { let a ="
            + " d([1], 60) }",
        "function d(s: string, n: int) = if n == 0 then s else d(\"{s}{s}\", n - 1) model M() { let"
            + " a = d(\"x\", 60) }",
        "model M() { layers = [[[]]] layers = layers }",
        "model M() { a = a }",
        "variant V of V {}",
        "model M(m: M = M) is M {}",
        "block A() { forward(x: [*]) = forward(x) } model M() { a = A() forward(x: [b]) = a(x) }",
        "\u0000\uFEFF\uD800",
        "");
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.MethodSource("hostile")
  @org.junit.jupiter.api.Timeout(20)
  void hostileTextsAreMistakesNotFaults(String text) {
    Outcome<Language> l = Language.parse("m.arch", text);
    Renderer.terminal(l.isOk() ? l.get().check() : l.diagnostics(), true);
  }

  @Test
  void columnsCountAsEditorsDo() {
    Outcome<Language> l = Language.parse("m.arch", "let a = \"\uD83D\uDE00\" + \u00e9");
    assertEquals(16, l.diagnostics().getFirst().span().column());
    assertEquals("`\u00e9` is not part of the language", l.diagnostics().getFirst().message());
    Outcome<Language> emoji = Language.parse("m.arch", "let a = \uD83D\uDE00");
    assertEquals("\uD83D\uDE00", emoji.diagnostics().getFirst().span().text());
  }

  @Test
  void changesOfAVariantStayOutOfTheModelsItNames() {
    CheckedModel m =
        model(
            """
            interface Codes { side: int }
            model T(image: int = 4, dim: int = 1) is Codes {
              require image == 4 : "the change of M is not meant for T"
              let side = image * dim
            }
            model G(tokenizer: Codes = T, image: int = 4, dim: int = 1) {
              param weight: [tokenizer.side, image, dim] = zeros
            }
            variant M of G { tokenizer = T(dim: 3) image = 8 **.dim = 2 }
            """);
    assertEquals("[12, 8, 2]", m.storage().getFirst().type().toString());
  }
}
