package dev.lgc.dsl.parse;

import dev.lgc.dsl.ast.ArchFile;
import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.grammar.ArchLexer;
import dev.lgc.grammar.ArchParser;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.DefaultErrorStrategy;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.antlr.v4.runtime.misc.ParseCancellationException;

/** Text to AST. */
public final class Parser {
  /** How deep brackets may nest. */
  static final int DEPTH = 200;

  private Parser() {}

  /** Parses a file. */
  public static Outcome<ArchFile> parse(Source source) {
    Diagnostics found = new Diagnostics();
    try {
      Optional<ArchParser.FileContext> tree =
          tree(source, source.text(), 0, found, ArchParser::file);
      if (tree.isEmpty()) {
        return Outcome.failed(found.all());
      }
      ArchFile file =
          new ArchFile(
              source, new ItemBuilder(new ExprBuilder(source, 0, found)).items(tree.get()));
      return Outcome.of(file, found);
    } catch (ExprBuilder.TooDeep e) {
      return Outcome.failed(List.of(tooDeep(e.at())));
    } catch (StackOverflowError e) {
      return Outcome.failed(List.of(tooDeep(source.whole())));
    }
  }

  /** A file's tokens, comments among them, and the tree over them. */
  public record Syntax(List<Token> tokens, ArchParser.FileContext tree) {}

  /** The parse tree of a file, for tools that need every comment. */
  public static Outcome<Syntax> syntax(Source source) {
    Diagnostics found = new Diagnostics();
    try {
      Optional<ArchParser.FileContext> tree =
          tree(source, source.text(), 0, found, ArchParser::file);
      return tree.isEmpty()
          ? Outcome.failed(found.all())
          : Outcome.ok(new Syntax(tokens(source), tree.get()));
    } catch (ExprBuilder.TooDeep e) {
      return Outcome.failed(List.of(tooDeep(e.at())));
    } catch (StackOverflowError e) {
      return Outcome.failed(List.of(tooDeep(source.whole())));
    }
  }

  private static List<Token> tokens(Source source) {
    CommonTokenStream tokens = new CommonTokenStream(lexer(source.text()));
    tokens.fill();
    for (Token t : tokens.getTokens()) {
      if (t instanceof CommonToken c && t.getType() != Token.EOF) {
        c.setText(source.text().substring(t.getStartIndex(), t.getStopIndex() + 1));
      }
    }
    return List.copyOf(tokens.getTokens());
  }

  /**
   * ANTLR counts code points, we count UTF-16 units as editors do: a pair of surrogates becomes two
   * characters that mean as little, so that both counts agree. Texts are taken from the source.
   */
  private static ArchLexer lexer(String text) {
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

  /** Parses one expression, such as the value of a command-line parameter. */
  public static Outcome<Expr> parseExpression(Source source) {
    Diagnostics found = new Diagnostics();
    try {
      Optional<Expr> e = expression(source, source.text(), 0, found);
      return e.isPresent() ? Outcome.of(e.get(), found) : Outcome.failed(found.all());
    } catch (ExprBuilder.TooDeep e) {
      return Outcome.failed(List.of(tooDeep(e.at())));
    } catch (StackOverflowError e) {
      return Outcome.failed(List.of(tooDeep(source.whole())));
    }
  }

  /** Parses a piece of a source as an expression; used for the inside of strings. */
  static Optional<Expr> expression(Source source, String text, int offset, Diagnostics found) {
    return tree(source, text, offset, found, ArchParser::onlyExpr)
        .map(t -> new ExprBuilder(source, offset, found).expr(t.expr()));
  }

  private static Diagnostic tooDeep(Span at) {
    return Diagnostic.of(Code.NESTED_TOO_DEEPLY, at, "this is nested too deeply to be followed")
        .withHint("give inner parts names with `let`");
  }

  /** The parse tree if there is nothing to complain about. */
  static <T extends ParserRuleContext> Optional<T> tree(
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
