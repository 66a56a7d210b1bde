package dev.lgc.dsl.parse;

import dev.lgc.dsl.ast.ArchFile;
import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.grammar.ArchParser;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Token;

/** Parses text to an AST. */
public final class Parser {
  private Parser() {}

  /** Parses a file. */
  public static Outcome<ArchFile> parse(Source source) {
    Diagnostics found = new Diagnostics();
    try {
      Optional<ArchParser.FileContext> tree = ParseTrees.of(source, found, ArchParser::file);
      if (tree.isEmpty()) {
        return Outcome.failed(found.all());
      }
      ArchFile file =
          new ArchFile(
              source, new ItemBuilder(new ExprBuilder(source, 0, found)).items(tree.get()));
      return Outcome.of(file, found);
    } catch (ExprBuilder.TooDeep e) {
      return Outcome.failed(List.of(ParseTrees.tooDeep(e.at())));
    } catch (StackOverflowError e) {
      return Outcome.failed(List.of(ParseTrees.tooDeep(Span.startOf(source))));
    }
  }

  /** A file's tokens, comments among them, and the tree over them. */
  public record Syntax(List<Token> tokens, ArchParser.FileContext tree) {}

  /** The parse tree of a file, for tools that need every comment. */
  public static Outcome<Syntax> syntax(Source source) {
    Diagnostics found = new Diagnostics();
    try {
      Optional<ArchParser.FileContext> tree = ParseTrees.of(source, found, ArchParser::file);
      return tree.isEmpty()
          ? Outcome.failed(found.all())
          : Outcome.ok(new Syntax(tokens(source), tree.get()));
    } catch (ExprBuilder.TooDeep e) {
      return Outcome.failed(List.of(ParseTrees.tooDeep(e.at())));
    } catch (StackOverflowError e) {
      return Outcome.failed(List.of(ParseTrees.tooDeep(Span.startOf(source))));
    }
  }

  private static List<Token> tokens(Source source) {
    CommonTokenStream tokens = new CommonTokenStream(ParseTrees.lexer(source.text()));
    tokens.fill();
    for (Token t : tokens.getTokens()) {
      if (t instanceof CommonToken c && t.getType() != Token.EOF) {
        c.setText(source.text().substring(t.getStartIndex(), t.getStopIndex() + 1));
      }
    }
    return List.copyOf(tokens.getTokens());
  }

  /** Parses one expression, such as the value of a command-line parameter. */
  public static Outcome<Expr> parseExpression(Source source) {
    Diagnostics found = new Diagnostics();
    try {
      Optional<Expr> e =
          ParseTrees.of(source, found, ArchParser::onlyExpr)
              .map(t -> new ExprBuilder(source, 0, found).expr(t.expr()));
      return e.isPresent() ? Outcome.of(e.get(), found) : Outcome.failed(found.all());
    } catch (ExprBuilder.TooDeep e) {
      return Outcome.failed(List.of(ParseTrees.tooDeep(e.at())));
    } catch (StackOverflowError e) {
      return Outcome.failed(List.of(ParseTrees.tooDeep(Span.startOf(source))));
    }
  }
}
