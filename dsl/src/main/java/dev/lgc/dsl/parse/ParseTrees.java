package dev.lgc.dsl.parse;

import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.grammar.ArchLexer;
import dev.lgc.grammar.ArchParser;
import java.util.Optional;
import java.util.function.Function;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.DefaultErrorStrategy;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.antlr.v4.runtime.misc.ParseCancellationException;

/** Parses text to parse trees. */
final class ParseTrees {
  /** The greatest depth of nested brackets. */
  static final int DEPTH = 200;

  private ParseTrees() {}

  /**
   * ANTLR counts code points, we count UTF-16 units as editors do: a pair of surrogates becomes two
   * characters that mean as little, so that both counts agree. Texts are taken from the source.
   */
  static ArchLexer lexer(String text) {
    StringBuilder units = new StringBuilder(text);
    for (int i = 0; i < units.length(); i++) {
      if (Character.isSurrogate(units.charAt(i))) {
        units.setCharAt(i, '\uE000');
      }
    }
    ArchLexer lexer = new ArchLexer(CharStreams.fromString(units.toString()));
    lexer.removeErrorListeners();
    return lexer;
  }

  /** The mistake of nesting too deeply. */
  static Diagnostic tooDeep(Span at) {
    return Diagnostic.of(Code.NESTED_TOO_DEEPLY, at, "this is nested too deeply")
        .withHint("give inner parts names with `let`");
  }

  /** The parse tree of a source, if there is nothing to complain about. */
  static <T extends ParserRuleContext> Optional<T> of(
      Source source, Diagnostics found, Function<ArchParser, T> rule) {
    return of(source, source.text(), 0, found, rule);
  }

  /** The parse tree of a piece of a source, which begins at an offset. */
  static <T extends ParserRuleContext> Optional<T> of(
      Source source, String text, int offset, Diagnostics found, Function<ArchParser, T> rule) {
    CommonTokenStream tokens = new CommonTokenStream(lexer(text));
    tokens.fill();
    SyntaxErrors errors = new SyntaxErrors(source, offset, found);
    if (!lexicallySound(tokens, errors, found)) {
      return Optional.empty();
    }
    ArchParser parser = new ArchParser(tokens);
    parser.removeErrorListeners();
    parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
    parser.setErrorHandler(new BailErrorStrategy());
    try {
      return Optional.of(rule.apply(parser));
    } catch (ParseCancellationException e) {
      tokens.seek(0);
      parser.reset();
      parser.addErrorListener(errors);
      parser.setErrorHandler(new DefaultErrorStrategy());
      parser.getInterpreter().setPredictionMode(PredictionMode.LL);
      T tree = rule.apply(parser);
      return errors.any() ? Optional.empty() : Optional.of(tree);
    }
  }

  private static boolean lexicallySound(
      CommonTokenStream tokens, SyntaxErrors errors, Diagnostics found) {
    boolean sound = true;
    int depth = 0;
    for (Token t : tokens.getTokens()) {
      switch (t.getType()) {
        case ArchLexer.UNCLOSED -> {
          boolean string = t.getText().startsWith("\"");
          found.add(
              Diagnostic.of(
                      Code.UNCLOSED,
                      errors.span(t),
                      string ? "this string has no end" : "this comment has no end")
                  .withHint(string ? "close it with `\"` on the same line" : "close it with `*/`"));
          sound = false;
          if (!string) {
            return false;
          }
        }
        case ArchLexer.STRAY -> {
          errors.stray(t);
          sound = false;
        }
        default -> {
          String s = t.getText();
          if (s.equals("(") || s.equals("[") || s.equals("{")) {
            depth++;
            if (depth > DEPTH) {
              found.add(tooDeep(errors.span(t)));
              return false;
            }
          } else if (s.equals(")") || s.equals("]") || s.equals("}")) {
            depth--;
          }
        }
      }
    }
    return sound;
  }
}
