package dev.lgc.dsl.diagnostic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class DiagnosticTest {
  private static final Source TEXT = Source.of("a.arch", "one\ntwo \"three\"\r\n");
  private static final Diagnostic WRONG =
      Diagnostic.of(Code.UNKNOWN_NAME, new Span(TEXT, 4, 7), "there is no `two`")
          .withFound("two")
          .withExpected("one")
          .withNote(new Span(TEXT, 0, 3), "declared here")
          .withHint("look")
          .withNear(List.of("tow"));

  @Test
  void showsTheLineAndEverythingKnown() {
    assertEquals(
        """
        error[unknown-name] a.arch:2:1: there is no `two`
            2 | two "three"
              | ^^^
          found     two
          expected  one
          note      declared here (a.arch:1:1)
          hint      look
          near      `tow`
        """,
        Renderer.plain(List.of(WRONG)));
    assertTrue(Renderer.terminal(List.of(WRONG), true).contains("\u001b[1;31m^^^"));
  }

  @Test
  void editorsReadJson() {
    assertEquals(
        """
        [{"code": "unknown-name", "severity": "error", "file": "a.arch", "line": 2, "column": 1, "endLine": 2, "endColumn": 4, \
        "message": "there is no `two`", "found": "two", "expected": "one", \
        "notes": [{"file": "a.arch", "line": 1, "column": 1, "endLine": 1, "endColumn": 4, "text": "declared here"}], \
        "hint": "look", "near": ["tow"]}]
        """,
        Json.of(List.of(WRONG)));
    assertEquals("[]\n", Json.of(List.of()));
  }

  @Test
  void aMistakeShowsOnceHoweverOftenItIsMet() {
    Diagnostics all = new Diagnostics();
    all.add(WRONG);
    all.add(WRONG.withHint("other"));
    all.add(Diagnostic.of(Code.UNEXPECTED, new Span(TEXT, 0, 3), "first"));
    assertEquals(
        List.of("first", "there is no `two`"),
        all.all().stream().map(Diagnostic::message).toList());
  }

  @Test
  void nearNamesAreThoseOneSlipAway() {
    List<String> known = List.of("dim", "dims", "heads", "hidden", "layers");
    assertEquals(List.of("dim"), NearNames.of("dmi", known).subList(0, 1));
    assertEquals(List.of("heads"), NearNames.of("haeds", known));
    assertEquals(List.of(), NearNames.of("x", known));
  }
}
