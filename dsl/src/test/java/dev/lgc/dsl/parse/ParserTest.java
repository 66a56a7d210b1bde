package dev.lgc.dsl.parse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.ast.ArchFile;
import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.source.Source;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts to trees: what binds to what, where it stands, and what is said of texts that are none. */
@Tag("pure")
class ParserTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a or b and not c == d | (or a (and b (not (== c d))))",
        "a - b - c * d / e % f | (- (- a b) (% (/ (* c d) e) f))",
        "0..n + 1 | (.. 0 (+ n 1))",
        "a < b..c | (< a (.. b c))",
        "-x * y | (* (- x) y)",
        "-f.g[0](1) | (- (call (at (. f g) 0) 1))",
        "if a then b else c or d | (if a b (or c d))",
        "if a then b else if c then d else e | (if a b (if c d e))",
        "f(x, axis: -1, keep: true) | (call f x axis: (- 1) keep: true)",
        "x[:, 1:, :-1, a:b, 0] | (at x : 1: :(- 1) a:b 0)",
        "(a) | a",
        "(a, b) | (tuple a b)",
        "[a for b in c for d in e if f] | (all a (for b c) (for d e) (if f))",
        "{ a = f(), b = [none, g()] } | (group (a (call f)) (b (list none (call g))))",
        "1_000 + 0.5 - 1e-5 | (- (+ 1000 0.5) 1.0E-5)",
        "block.model + step | (+ (. block model) step)",
      })
  void operatorsBindAsTheReferenceSays(String text, String tree) {
    assertEquals(tree, Sexp.of(parsed(text)));
  }

  @Test
  void stringsAlternateTextsAndValues() {
    Expr.StringLiteral s =
        assertInstanceOf(Expr.StringLiteral.class, parsed("\"a {b + 1} {{c}} \\\"\\t\\\\ {d}\""));
    assertEquals(List.of("a ", " {c} \"\t\\ ", ""), s.texts());
    assertEquals("(+ b 1)", Sexp.of(s.values().getFirst()));
    assertEquals("b + 1", s.values().getFirst().span().text());
    assertEquals("d", s.values().getLast().span().text());
  }

  /** Every part of an expression stands where its text says the same. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "w2(silu(w1(x)) * w3(x))[:, 1:n - 1].y",
        "if not (a and b) then [f(i, k: 2) for i in 0..n if i % 2 == 0] else { c = -d, e = \"{g}!\""
            + " }",
        "\"\uD83D\uDE00\" + x * \"{y + 1} \uD83D\uDE00 {z}\"",
      })
  void everyPartKnowsItsPlace(String text) {
    Deque<Expr> left = new ArrayDeque<>(List.of(parsed(text)));
    int seen = 0;
    while (!left.isEmpty()) {
      Expr e = left.pop();
      assertEquals(Sexp.of(e), Sexp.of(parsed(e.span().text())), e.span().text());
      left.addAll(e.children());
      seen++;
    }
    assertTrue(seen > 5, "only " + seen + " parts");
  }

  @Test
  void filesAreItemsInOrder() {
    ArchFile f =
        file(
            """
            import "nn.arch"
            scale Size(dim: int) { 3B = (24) }
            interface Tokenizer { codes: int }
            /// A model.
            model M(n: int = 3) is Tokenizer {
              param w: [n, 2] = zeros
              buffer c: int[n] = zeros
              frozen eyes = B()
              forward f(x: [*, n], y: int[b]) -> ([b], bool[b, 2]) { return (x, y) }
            }
            variant V of M { layers[*].x[0..4].**.eps = 1 }
            function g(x: [*]) -> [] = sum(x)
            let k = 2
            """);
    assertEquals(
        List.of("Import", "Scale", "Interface", "Block", "Variant", "Function", "Let"),
        f.items().stream().map(i -> i.getClass().getSimpleName()).toList());
    Item.Block m = (Item.Block) f.items().get(3);
    assertTrue(m.model());
    Stmt.Store w = (Stmt.Store) m.body().get(0);
    Stmt.Store c = (Stmt.Store) m.body().get(1);
    assertFalse(w.buffer());
    assertTrue(c.buffer());
    assertEquals("int", ((TypeExpr.Tensor) c.type()).element().orElseThrow().text());
    assertTrue(((Stmt.Assign) m.body().get(2)).frozen());
    Stmt.Forward forward = (Stmt.Forward) m.body().get(3);
    assertTrue(((TypeExpr.Tensor) forward.function().params().getFirst().type()).leading());
    assertEquals(2, forward.function().results().size());
    Item.Variant v = (Item.Variant) f.items().get(4);
    assertEquals(
        List.of("Named", "AnyIndex", "Named", "At", "Deep", "Named"),
        v.changes().getFirst().path().steps().stream()
            .map(s -> s.getClass().getSimpleName())
            .toList());
  }

  @Test
  void everyUnsoundTokenIsSaid() {
    List<Diagnostic> found =
        Parser.parse(Source.of("f.arch", "let a = 1 $ 2\nlet b = \"open\nlet c = 3 $ 4\n"))
            .diagnostics();
    assertEquals(3, found.size(), found.toString());
    assertEquals(List.of(1, 2, 3), found.stream().map(d -> d.span().line()).toList());
    assertEquals(Code.UNCLOSED, found.get(1).code());
  }

  @Test
  void numbersThatFitNowhereAreMistakes() {
    assertFalse(expression("9223372036854775808").isOk());
    assertEquals(Long.MAX_VALUE, ((Expr.IntLiteral) parsed("9223372036854775807")).value());
  }

  @ParameterizedTest
  @ValueSource(ints = {ParseTrees.DEPTH + 1, 100_000})
  void deepNestingIsAMistakeAndNoCrash(int depth) {
    for (String open : List.of("(", "[", "f(", "-", "not ")) {
      String text = open.repeat(depth) + "1" + (open.endsWith("(") ? ")" : "]").repeat(depth);
      Outcome<Expr> e = expression(open.matches("-|not ") ? open.repeat(depth) + "1" : text);
      assertFalse(e.isOk() && depth > 1000, open);
      e.diagnostics().forEach(d -> assertEquals(Code.NESTED_TOO_DEEPLY, d.code(), open));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a +", "(a", "f(x:)", "x[", "if a then b", "{ a }"})
  void whatIsNoExpressionIsSaidOnce(String text) {
    Outcome<Expr> e = expression(text);
    assertFalse(e.isOk(), text);
    assertEquals(1, e.diagnostics().size(), e.diagnostics().toString());
  }

  private static Outcome<Expr> expression(String text) {
    return Parser.parseExpression(Source.of("f.arch", text));
  }

  private static Expr parsed(String text) {
    Outcome<Expr> e = expression(text);
    assertTrue(e.isOk(), () -> text + ": " + e.diagnostics());
    return e.get();
  }

  private static ArchFile file(String text) {
    Outcome<ArchFile> f = Parser.parse(Source.of("f.arch", text));
    assertTrue(f.isOk(), () -> f.diagnostics().toString());
    return f.get();
  }
}
