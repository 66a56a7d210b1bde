package dev.lgc.dsl.parse;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import dev.lgc.grammar.ArchParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/** Builds the AST of expressions and types from parse trees. */
final class ExprBuilder {
  private final Source source;
  private final int offset;
  private final Diagnostics found;
  private int depth;

  /** The greatest depth of nested expressions and chains of {@code else if}. */
  private static final int DEPTH = 500;

  /** Nesting that later phases could not follow. */
  static final class TooDeep extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Span at;

    TooDeep(Span at) {
      super("too deep", null, false, false);
      this.at = at;
    }

    Span at() {
      return at;
    }
  }

  ExprBuilder(Source source, int offset, Diagnostics found) {
    this.source = source;
    this.offset = offset;
    this.found = found;
  }

  void report(Diagnostic d) {
    found.add(d);
  }

  Span span(ParserRuleContext c) {
    int start = c.getStart().getStartIndex();
    Token stop = c.getStop() == null ? c.getStart() : c.getStop();
    return new Span(source, offset + start, offset + Math.max(start, stop.getStopIndex() + 1));
  }

  Ident ident(ArchParser.NameContext c) {
    return new Ident(c.getText(), span(c));
  }

  Expr expr(ArchParser.ExprContext tree) {
    deeper(span(tree));
    try {
      return build(tree);
    } finally {
      depth--;
    }
  }

  /** Counts a level of nesting; too many are reported, and end the parse. */
  void deeper(Span at) {
    if (++depth > DEPTH) {
      throw new TooDeep(at);
    }
  }

  void shallower() {
    depth--;
  }

  private Expr build(ArchParser.ExprContext tree) {
    Span span = span(tree);
    return switch (tree) {
      case ArchParser.GroupContext c -> expr(c.expr());
      case ArchParser.TupleContext c -> new Expr.Tuple(exprs(c.expr()), span);
      case ArchParser.ListLiteralContext c -> new Expr.ListOf(exprs(c.expr()), span);
      case ArchParser.ComprehendContext c -> comprehension(c, span);
      case ArchParser.ContainerContext c ->
          new Expr.Container(
              c.member().stream()
                  .map(m -> new Expr.Member(ident(m.name()), expr(m.expr())))
                  .toList(),
              span);
      case ArchParser.ConstantContext c -> literal(c.literal(), span);
      case ArchParser.ReferenceContext c -> new Expr.Name(c.getText(), span);
      case ArchParser.RowReferenceContext c -> new Expr.Name(c.getText(), span);
      case ArchParser.FieldContext c -> new Expr.Field(expr(c.expr()), ident(c.name()), span);
      case ArchParser.CallContext c ->
          new Expr.Call(
              expr(c.expr()),
              c.argument().stream()
                  .map(
                      a ->
                          new Expr.Argument(
                              Optional.ofNullable(a.name()).map(this::ident), expr(a.expr())))
                  .toList(),
              span);
      case ArchParser.IndexContext c ->
          new Expr.Index(
              expr(c.expr()), c.subscript().stream().map(this::subscript).toList(), span);
      case ArchParser.NegateContext c -> new Expr.Unary(Expr.UnaryOp.NEGATE, expr(c.expr()), span);
      case ArchParser.NotContext c -> new Expr.Unary(Expr.UnaryOp.NOT, expr(c.expr()), span);
      case ArchParser.BinaryContext c ->
          new Expr.Binary(Expr.BinaryOp.of(c.op.getText()), expr(c.expr(0)), expr(c.expr(1)), span);
      case ArchParser.RangeContext c -> new Expr.Range(expr(c.expr(0)), expr(c.expr(1)), span);
      case ArchParser.ChooseContext c ->
          new Expr.Choose(expr(c.expr(0)), expr(c.expr(1)), expr(c.expr(2)), span);
      default -> throw new IllegalStateException("unknown expression " + tree.getClass());
    };
  }

  private List<Expr> exprs(List<ArchParser.ExprContext> all) {
    return all.stream().map(this::expr).toList();
  }

  private Expr comprehension(ArchParser.ComprehendContext c, Span span) {
    ArchParser.ComprehensionContext k = c.comprehension();
    List<Expr.Clause> clauses = new ArrayList<>();
    for (int i = 0; i < k.name().size(); i++) {
      clauses.add(new Expr.Clause(ident(k.name(i)), expr(k.expr(i))));
    }
    Optional<Expr> condition =
        k.expr().size() > k.name().size()
            ? Optional.of(expr(k.expr().getLast()))
            : Optional.empty();
    return new Expr.Comprehension(expr(c.expr()), clauses, condition, span);
  }

  private Expr.Subscript subscript(ArchParser.SubscriptContext c) {
    boolean slice = false;
    Optional<Expr> from = Optional.empty();
    Optional<Expr> to = Optional.empty();
    for (var child : c.children) {
      if (child instanceof ArchParser.ExprContext e) {
        if (slice) {
          to = Optional.of(expr(e));
        } else {
          from = Optional.of(expr(e));
        }
      } else {
        slice = true;
      }
    }
    return slice
        ? new Expr.Subscript.Slice(from, to, span(c))
        : new Expr.Subscript.At(from.orElseThrow());
  }

  private Expr literal(ArchParser.LiteralContext c, Span span) {
    if (c.INT() != null) {
      try {
        return new Expr.IntLiteral(Long.parseLong(c.getText().replace("_", "")), span);
      } catch (NumberFormatException e) {
        report(
            Diagnostic.of(Code.NUMBER_TOO_LARGE, span, "this number does not fit 64 bits")
                .withHint("write it as a float: " + c.getText() + ".0"));
        return new Expr.IntLiteral(0, span);
      }
    }
    if (c.FLOAT() != null) {
      double v = Double.parseDouble(c.getText());
      if (Double.isInfinite(v)) {
        report(Diagnostic.of(Code.NUMBER_TOO_LARGE, span, "this number is larger than any float"));
      }
      return new Expr.FloatLiteral(v, span);
    }
    if (c.STRING() != null) {
      return string(span);
    }
    return switch (c.getText()) {
      case "true" -> new Expr.BoolLiteral(true, span);
      case "false" -> new Expr.BoolLiteral(false, span);
      default -> new Expr.NoneLiteral(span);
    };
  }

  /** Splits {@code "text {expr} text"}; {@code {{} and {@code }}} stand for braces. */
  Expr.StringLiteral string(Span span) {
    String s = span.text();
    List<String> texts = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int end = s.length() - 1;
    for (int i = 1; i < end; i++) {
      char c = s.charAt(i);
      char next = s.charAt(i + 1);
      if (c == '\\') {
        i++;
        text.append(next == 'n' ? '\n' : next == 't' ? '\t' : next);
      } else if ((c == '{' || c == '}') && next == c && i + 1 < end) {
        i++;
        text.append(c);
      } else if (c == '{') {
        int close = s.indexOf('}', i);
        if (close < 0) {
          report(
              Diagnostic.of(
                      Code.UNCLOSED,
                      new Span(source, span.start() + i, span.start() + i + 1),
                      "this brace has no end")
                  .withHint("close it with `}`, or write `{{` for a brace"));
          break;
        }
        texts.add(text.toString());
        text.setLength(0);
        values.add(
            inside(s.substring(i + 1, close), span.start() + i + 1)
                .orElse(new Expr.NoneLiteral(span)));
        i = close;
      } else {
        text.append(c);
      }
    }
    texts.add(text.toString());
    return new Expr.StringLiteral(texts, values, span);
  }

  /** The expression in the braces of a string, which begins at an offset. */
  private Optional<Expr> inside(String text, int at) {
    return ParseTrees.of(source, text, at, found, ArchParser::onlyExpr)
        .map(t -> new ExprBuilder(source, at, found).expr(t.expr()));
  }

  TypeExpr type(ArchParser.TypeContext tree) {
    Span span = span(tree);
    return switch (tree) {
      case ArchParser.NamedTypeContext c -> new TypeExpr.Named(c.getText(), span);
      case ArchParser.TensorTypeContext c -> {
        boolean leading = false;
        List<Expr> dims = new ArrayList<>();
        for (int i = 0; i < c.dim().size(); i++) {
          ArchParser.DimContext d = c.dim(i);
          if (d.expr() != null) {
            dims.add(expr(d.expr()));
          } else if (i == 0) {
            leading = true;
          } else {
            report(
                Diagnostic.of(Code.UNEXPECTED, span(d), "`*` may stand for leading dimensions only")
                    .withHint("put it first, or name the dimension"));
          }
        }
        yield new TypeExpr.Tensor(
            Optional.ofNullable(c.name()).map(this::ident), leading, dims, span);
      }
      default -> throw new IllegalStateException("unknown type " + tree.getClass());
    };
  }
}
