package dev.lgc.dsl.parse;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.grammar.ArchLexer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;

/**
 * Translates what ANTLR expected into names that people use. Only the first error of each top-level
 * item is kept: those after it are guesses.
 */
final class SyntaxErrors extends BaseErrorListener {
  private static final Set<String> ITEMS =
      Set.of("import", "block", "model", "scale", "interface", "variant", "function", "let");
  private static final Set<String> STATEMENTS =
      Set.of(
          "require",
          "let",
          "param",
          "buffer",
          "frozen",
          "function",
          "forward",
          "objective",
          "generate",
          "for",
          "if",
          "return",
          "minimize",
          "report",
          "export",
          "update",
          "null");
  private static final Set<String> OPERATORS =
      Set.of(
          "+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or", "..", ".", "(",
          "[");
  private static final List<String> EXPRESSION = List.of("not", "if");

  private final Source source;
  private final int offset;
  private final Diagnostics found;
  private boolean any;
  private int resumeLine;

  SyntaxErrors(Source source, int offset, Diagnostics found) {
    this.source = source;
    this.offset = offset;
    this.found = found;
  }

  boolean any() {
    return any;
  }

  Span span(Token t) {
    if (t.getType() == Token.EOF) {
      int end = offset + t.getStartIndex();
      return new Span(
          source, Math.min(end, source.text().length()), Math.min(end, source.text().length()));
    }
    return new Span(source, offset + t.getStartIndex(), offset + t.getStopIndex() + 1);
  }

  void stray(Token t) {
    any = true;
    Span at = span(t);
    if (Character.isLowSurrogate(at.text().charAt(0))) {
      return;
    }
    if (Character.isHighSurrogate(at.text().charAt(0)) && at.end() < source.text().length()) {
      at = new Span(source, at.start(), at.end() + 1);
    }
    Diagnostic d =
        Diagnostic.of(Code.UNEXPECTED, at, "`" + at.text() + "` is not part of the language");
    found.add(
        switch (t.getText()) {
          case "'" -> d.withHint("strings are written with double quotes");
          case ";" -> d.withHint("statements need no end mark");
          case "&" -> d.withHint("write `and`");
          case "|" -> d.withHint("write `or`");
          case "!" -> d.withHint("write `not`");
          case "^" -> d.withHint("write `pow(x, y)`");
          case "@" -> d.withHint("write `matmul(a, b)`");
          default -> d;
        });
  }

  @Override
  public void syntaxError(
      Recognizer<?, ?> recognizer,
      Object symbol,
      int line,
      int column,
      String text,
      RecognitionException e) {
    any = true;
    Token t = (Token) symbol;
    if (line < resumeLine) {
      return;
    }
    Parser parser = (Parser) recognizer;
    resumeLine = nextItem(parser, t);
    found.add(describe(parser, t));
  }

  /** The line of the first top-level word at the margin after the error. */
  private static int nextItem(Parser parser, Token at) {
    for (int i = at.getTokenIndex() + 1; i < parser.getInputStream().size(); i++) {
      Token t = parser.getTokenStream().get(i);
      if (t.getType() == Token.EOF) {
        break;
      }
      if (t.getCharPositionInLine() == 0 && ITEMS.contains(t.getText())) {
        return t.getLine();
      }
    }
    return Integer.MAX_VALUE;
  }

  private Diagnostic describe(Parser parser, Token t) {
    Set<String> words = expectedWords(parser);
    String expected = expected(words);
    boolean end = t.getType() == Token.EOF;
    Diagnostic d =
        Diagnostic.of(
                Code.UNEXPECTED,
                span(t),
                end ? "the file ends too early" : "`" + t.getText() + "` is not allowed here")
            .withExpected(expected);
    Token before = previous(parser, t);
    if (before != null && before.getType() == ArchLexer.NAME) {
      List<String> near =
          NearNames.of(before.getText(), before.getCharPositionInLine() == 0 ? ITEMS : STATEMENTS);
      if (!near.isEmpty() && t.getType() == ArchLexer.NAME) {
        return d.withNote(span(before), "`" + before.getText() + "` is not a keyword")
            .withNear(near);
      }
    }
    if (t.getType() == ArchLexer.NAME && t.getCharPositionInLine() == 0) {
      return d.withNear(NearNames.of(t.getText(), ITEMS));
    }
    if (end) {
      return d.withHint("is a `}`, `)` or `]` missing?");
    }
    return switch (t.getText()) {
      case "=" -> d.withHint("compare with `==`; declare a variable with `let`");
      case ";" -> d.withHint("statements need no end mark");
      case "**" -> d.withHint("write `pow(x, y)`");
      default -> d;
    };
  }

  private static Token previous(Parser parser, Token t) {
    for (int i = t.getTokenIndex() - 1; i >= 0; i--) {
      Token p = parser.getTokenStream().get(i);
      if (p.getChannel() == Token.DEFAULT_CHANNEL) {
        return p;
      }
    }
    return null;
  }

  private static Set<String> expectedWords(Parser parser) {
    Set<String> words = new LinkedHashSet<>();
    IntervalSet set;
    try {
      set = parser.getExpectedTokens();
    } catch (IllegalArgumentException e) {
      return words;
    }
    for (int type : set.toArray()) {
      if (type == Token.EOF) {
        words.add("the end of the file");
        continue;
      }
      String literal = parser.getVocabulary().getLiteralName(type);
      words.add(
          literal != null
              ? literal.substring(1, literal.length() - 1)
              : switch (type) {
                case ArchLexer.NAME -> "a name";
                case ArchLexer.STRING -> "a string";
                case ArchLexer.INT, ArchLexer.FLOAT -> "a number";
                case ArchLexer.DIGIT_NAME -> "a row name";
                default -> "text";
              });
    }
    return words;
  }

  private static String expected(Set<String> words) {
    Set<String> rest = new LinkedHashSet<>(words);
    List<String> parts = new ArrayList<>();
    if (rest.containsAll(EXPRESSION)) {
      parts.add("an expression");
      rest.removeAll(List.of("not", "if", "-", "(", "[", "{", "true", "false", "none"));
      rest.removeAll(List.of("a number", "a string", "a name", "a row name"));
      softWords(rest);
    }
    if (rest.containsAll(Set.of("require", "minimize", "return"))) {
      parts.add("a statement");
      rest.removeAll(STATEMENTS);
      rest.remove("a name");
      softWords(rest);
    }
    if (rest.containsAll(Set.of("import", "variant"))) {
      parts.add("`block`, `model`, `scale`, `variant`, `function` or another declaration");
      rest.removeAll(ITEMS);
      rest.remove("the end of the file");
    }
    if (rest.contains("a name")) {
      softWords(rest);
    }
    if (rest.containsAll(Set.of("+", "=="))) {
      parts.add("an operator");
      rest.removeAll(OPERATORS);
    }
    rest.forEach(w -> parts.add(w.startsWith("a ") || w.startsWith("the ") ? w : "`" + w + "`"));
    return switch (parts.size()) {
      case 0 -> "";
      case 1 -> parts.getFirst();
      default -> String.join(", ", parts.subList(0, parts.size() - 1)) + " or " + parts.getLast();
    };
  }

  private static void softWords(Set<String> rest) {
    rest.removeAll(
        Set.of(
            "block",
            "model",
            "scale",
            "interface",
            "variant",
            "is",
            "of",
            "function",
            "forward",
            "objective",
            "over",
            "generate",
            "given",
            "null",
            "param",
            "buffer",
            "frozen",
            "report",
            "export",
            "update",
            "require",
            "minimize"));
  }
}
