package dev.lgc.dsl.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.source.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files, what they import, and what their names mean. */
@Tag("pure")
class ModulesTest {
  private final Map<String, String> texts = new HashMap<>();

  private ModulesTest with(String name, String... lines) {
    texts.put(name, String.join("\n", lines));
    return this;
  }

  private Outcome<Module> load(String name) {
    Loader loader = Loader.of(texts);
    return loader.open(name).then(s -> Modules.load(s, loader, Set.of("sum", "pi")));
  }

  private List<Code> codes(String name) {
    return load(name).diagnostics().stream().map(Diagnostic::code).toList();
  }

  @Test
  void aFilesOwnNamesHideImportedOnes() {
    with("a.arch", "let x = 1", "let y = 2");
    with("main.arch", "import \"a.arch\"", "let x = y");
    Module m = load("main.arch").get();
    assertEquals(1, m.named("x").size());
    assertSame(m, m.named("x").getFirst().home());
    assertEquals("a.arch", m.named("y").getFirst().home().file().source().name());
    assertEquals(List.of(), m.named("z"));
  }

  @Test
  void importsOfImportsAreSeenOnce() {
    with("base.arch", "let x = 1");
    with("left.arch", "import \"base.arch\"");
    with("right.arch", "import \"base.arch\"");
    with("main.arch", "import \"left.arch\"", "import \"right.arch\"", "let y = x");
    Module m = load("main.arch").get();
    assertEquals(1, m.named("x").size());
    assertSame(
        m.imports().getFirst().imports().getFirst(), m.imports().getLast().imports().getFirst());
  }

  @Test
  void importsThatDisagreeAreBothSeen() {
    with("a.arch", "let x = 1").with("b.arch", "let x = 2");
    with("main.arch", "import \"a.arch\"", "import \"b.arch\"");
    assertEquals(2, load("main.arch").get().named("x").size());
  }

  @Test
  void aCircleOfImportsIsSaidWithItsPath() {
    with("a.arch", "import \"b.arch\"").with("b.arch", "import \"c.arch\"");
    with("c.arch", "import \"a.arch\"");
    List<Diagnostic> found = load("a.arch").diagnostics();
    assertEquals(1, found.size());
    assertEquals(Code.IMPORT_CYCLE, found.getFirst().code());
    assertEquals("a.arch -> b.arch -> c.arch -> a.arch", found.getFirst().found());
    assertEquals("c.arch", found.getFirst().span().source().name());
  }

  @Test
  void importsAreLookedUpBesideTheImportingFile() {
    with("dir/a.arch", "import \"b.arch\"").with("dir/b.arch", "let x = 1");
    with("b.arch", "let other = 1");
    assertTrue(load("dir/a.arch").get().names().containsKey("x"));
    with("dir/a.arch", "import \"missing.arch\"");
    assertEquals(List.of(Code.FILE_NOT_FOUND), codes("dir/a.arch"));
  }

  @Test
  void namesMeanWordsDeclarationsOrRowsOfScales() {
    with(
        "main.arch",
        "scale Size(dim: int) { Big = (2) }",
        "let a = [sum, pi, Big, b]",
        "let b = 1",
        "let c = [i for i in a]",
        "function f(x: [n]) = if n == 1 then x else y");
    List<Diagnostic> found = load("main.arch").diagnostics();
    assertEquals(1, found.size(), found.toString());
    assertEquals(Code.UNKNOWN_NAME, found.getFirst().code());
    assertEquals("y", found.getFirst().span().text());
  }

  @Test
  void unknownNamesHaveNearOnes() {
    with("main.arch", "let length = 1", "let a = lenght", "let b = smu", "block B(n: imt) {}");
    List<Diagnostic> found = load("main.arch").diagnostics();
    assertEquals(
        List.of(List.of("length"), List.of("sum"), List.of("int")),
        found.stream().map(Diagnostic::near).toList());
    assertEquals(Code.UNKNOWN_TYPE, found.getLast().code());
  }

  @Test
  void statementsStandWhereTheyMay() {
    with(
        "main.arch",
        "block B() { objective o() { minimize 1.0 } }",
        "function f(x: [n]) { minimize x }",
        "model M() { forward f(x: [b]) { param w: [2] = pi return x } return 1 }");
    assertEquals(
        List.of(Code.MISPLACED, Code.MISPLACED, Code.MISPLACED, Code.MISPLACED),
        codes("main.arch"));
  }

  @Test
  void namesAreDeclaredOnce() {
    with("main.arch", "let x = 1", "block x(n: int, n: int) {}", "scale S(a: int) { r = 1 r = 2 }");
    assertEquals(
        List.of(Code.DUPLICATE_NAME, Code.DUPLICATE_NAME, Code.DUPLICATE_NAME), codes("main.arch"));
  }

  @Test
  void filesAreFoundBeforeTheLibraryAndTextsWithoutFiles(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("a.arch");
    Files.writeString(file, "import \"b.arch\"");
    Files.writeString(dir.resolve("b.arch"), "let x = 1");
    Loader loader = Loader.standard();
    Outcome<Module> m = loader.open(file.toString()).then(s -> Modules.load(s, loader, Set.of()));
    assertTrue(m.get().names().containsKey("x"));
    assertEquals(
        Code.FILE_NOT_FOUND,
        Loader.of(Map.of()).open(file.toString()).diagnostics().getFirst().code());
    Source odd = Source.of("x.arch", "import \"../lgc/../secret\"");
    assertEquals(
        Code.FILE_NOT_FOUND,
        Modules.load(odd, Loader.of(Map.of()), Set.of()).diagnostics().getFirst().code());
  }
}
