package dev.lgc.dsl.parse;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.PathPattern;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.source.Span;
import dev.lgc.grammar.ArchParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Builds the AST of items and statements from parse trees. */
final class ItemBuilder {
  private final ExprBuilder exprs;

  ItemBuilder(ExprBuilder exprs) {
    this.exprs = exprs;
  }

  List<Item> items(ArchParser.FileContext file) {
    return file.item().stream().map(this::item).toList();
  }

  private Item item(ArchParser.ItemContext tree) {
    var span = exprs.span(tree);
    return switch (tree) {
      case ArchParser.ImportItemContext c -> {
        String s = span.text();
        yield new Item.Import(s.substring(s.indexOf('"') + 1, s.length() - 1), span);
      }
      case ArchParser.BlockItemContext c ->
          new Item.Block(
              false,
              exprs.ident(c.name(0)),
              params(c.params()),
              second(c.name()),
              body(c.body()),
              span);
      case ArchParser.ModelItemContext c ->
          new Item.Block(
              true,
              exprs.ident(c.name(0)),
              params(c.params()),
              second(c.name()),
              body(c.body()),
              span);
      case ArchParser.ScaleItemContext c ->
          new Item.Scale(
              exprs.ident(c.name()),
              params(c.params()),
              c.scaleRow().stream()
                  .map(
                      r ->
                          new Item.Row(
                              new Ident(r.rowName().getText(), exprs.span(r.rowName())),
                              exprs.expr(r.expr())))
                  .toList(),
              span);
      case ArchParser.InterfaceItemContext c ->
          new Item.Interface(
              exprs.ident(c.name()),
              c.fact().stream()
                  .map(
                      f -> new Param(exprs.ident(f.name()), exprs.type(f.type()), Optional.empty()))
                  .toList(),
              span);
      case ArchParser.VariantItemContext c ->
          new Item.Variant(
              exprs.ident(c.name(0)),
              params(c.params()),
              exprs.ident(c.name(1)),
              c.override().stream()
                  .map(o -> new Item.Change(path(o.path()), exprs.expr(o.expr())))
                  .toList(),
              span);
      case ArchParser.FunctionItemContext c -> new Item.Function(function(c.function()));
      case ArchParser.LetItemContext c ->
          new Item.Let(exprs.ident(c.name()), exprs.expr(c.expr()), span);
      default -> throw new IllegalStateException("unknown item " + tree.getClass());
    };
  }

  private Optional<Ident> second(List<ArchParser.NameContext> names) {
    return names.size() > 1 ? Optional.of(exprs.ident(names.get(1))) : Optional.empty();
  }

  private List<Param> params(ArchParser.ParamsContext c) {
    return c == null
        ? List.of()
        : c.param().stream()
            .map(
                p ->
                    new Param(
                        exprs.ident(p.name()),
                        exprs.type(p.type()),
                        Optional.ofNullable(p.expr()).map(exprs::expr)))
            .toList();
  }

  private PathPattern path(ArchParser.PathContext c) {
    List<PathPattern.Step> steps = new ArrayList<>();
    for (var child : c.children) {
      switch (child) {
        case ArchParser.PathStepContext s ->
            steps.add(
                switch (s.getText()) {
                  case "*" -> new PathPattern.Step.Any();
                  case "**" -> new PathPattern.Step.Deep();
                  default -> new PathPattern.Step.Named(s.getText());
                });
        case ArchParser.PathIndexContext i ->
            steps.add(
                i.expr() == null
                    ? new PathPattern.Step.AnyIndex()
                    : new PathPattern.Step.At(exprs.expr(i.expr())));
        default -> {}
      }
    }
    return new PathPattern(steps, exprs.span(c));
  }

  private FunctionDecl function(ArchParser.FunctionContext c) {
    return new FunctionDecl(
        exprs.ident(c.name()),
        params(c.params()),
        results(c.result()),
        tuple(c.result()),
        c.body() == null ? returning(c.expr()) : body(c.body()),
        exprs.span(c));
  }

  private List<Stmt> returning(ArchParser.ExprContext value) {
    Expr e = exprs.expr(value);
    return List.of(new Stmt.Return(e, e.span()));
  }

  private List<TypeExpr> results(ArchParser.ResultContext c) {
    return c == null ? List.of() : c.type().stream().map(exprs::type).toList();
  }

  private static boolean tuple(ArchParser.ResultContext c) {
    return c != null && c.getChild(1).getText().equals("(");
  }

  private List<Stmt> body(ArchParser.BodyContext c) {
    return c.statement().stream().map(this::statement).toList();
  }

  private Stmt statement(ArchParser.StatementContext tree) {
    var span = exprs.span(tree);
    return switch (tree) {
      case ArchParser.RequireStatementContext c ->
          new Stmt.Require(
              exprs.expr(c.expr()),
              Optional.ofNullable(c.STRING())
                  .map(
                      t ->
                          exprs.string(
                              new Span(
                                  span.source(), span.end() - t.getText().length(), span.end()))),
              span);
      case ArchParser.LetStatementContext c ->
          new Stmt.Let(exprs.ident(c.name()), exprs.expr(c.expr()), span);
      case ArchParser.LetTupleStatementContext c ->
          new Stmt.LetTuple(
              c.name().stream().map(exprs::ident).toList(), exprs.expr(c.expr()), span);
      case ArchParser.ParamStatementContext c ->
          new Stmt.Store(
              false,
              exprs.ident(c.name()),
              exprs.type(c.type()),
              Optional.ofNullable(c.expr()).map(exprs::expr),
              span);
      case ArchParser.BufferStatementContext c ->
          new Stmt.Store(
              true,
              exprs.ident(c.name()),
              exprs.type(c.type()),
              Optional.ofNullable(c.expr()).map(exprs::expr),
              span);
      case ArchParser.FrozenStatementContext c ->
          new Stmt.Assign(true, exprs.ident(c.name()), exprs.expr(c.expr()), span);
      case ArchParser.AssignStatementContext c ->
          new Stmt.Assign(false, exprs.ident(c.name()), exprs.expr(c.expr()), span);
      case ArchParser.FunctionStatementContext c -> new Stmt.Function(function(c.function()));
      case ArchParser.ForwardStatementContext c ->
          new Stmt.Forward(
              new FunctionDecl(
                  c.name() == null
                      ? new Ident("", new Span(span.source(), span.start(), span.start() + 7))
                      : exprs.ident(c.name()),
                  params(c.params()),
                  results(c.result()),
                  tuple(c.result()),
                  c.body() == null ? returning(c.expr()) : body(c.body()),
                  span));
      case ArchParser.ObjectiveStatementContext c ->
          new Stmt.Objective(
              exprs.ident(c.name()),
              params(c.params()),
              c.path().stream().map(this::path).toList(),
              body(c.body()),
              span);
      case ArchParser.GenerateStatementContext c ->
          new Stmt.Generate(
              exprs.ident(c.name()),
              exprs.expr(c.expr()),
              c.given().stream().map(this::given).toList(),
              body(c.body()),
              span);
      case ArchParser.ForStatementContext c ->
          new Stmt.For(exprs.ident(c.name()), exprs.expr(c.expr()), body(c.body()), span);
      case ArchParser.BranchStatementContext c -> branch(c.expr(), c.body(), c.ifStatement(), span);
      case ArchParser.ReturnStatementContext c -> new Stmt.Return(exprs.expr(c.expr()), span);
      case ArchParser.MinimizeStatementContext c -> new Stmt.Minimize(exprs.expr(c.expr()), span);
      case ArchParser.ReportStatementContext c ->
          new Stmt.Report(exprs.ident(c.name()), exprs.expr(c.expr()), span);
      case ArchParser.ExportStatementContext c ->
          new Stmt.Export(exprs.ident(c.name()), exprs.expr(c.expr()), span);
      case ArchParser.UpdateStatementContext c ->
          new Stmt.Update(exprs.expr(c.expr(0)), exprs.expr(c.expr(1)), span);
      case ArchParser.NullStatementContext c ->
          new Stmt.Null(
              Optional.ofNullable(c.name()).map(exprs::ident), exprs.expr(c.expr()), span);
      default -> throw new IllegalStateException("unknown statement " + tree.getClass());
    };
  }

  private Stmt branch(
      ArchParser.ExprContext condition,
      List<ArchParser.BodyContext> bodies,
      ArchParser.IfStatementContext elseIf,
      Span span) {
    exprs.deeper(span);
    List<Stmt> no =
        elseIf != null
            ? List.of(
                branch(elseIf.expr(), elseIf.body(), elseIf.ifStatement(), exprs.span(elseIf)))
            : bodies.size() > 1 ? body(bodies.get(1)) : List.of();
    Stmt out = new Stmt.If(exprs.expr(condition), body(bodies.getFirst()), no, span);
    exprs.shallower();
    return out;
  }

  private Stmt.Given given(ArchParser.GivenContext c) {
    return new Stmt.Given(
        exprs.ident(c.name(0)),
        exprs.type(c.type()),
        second(c.name()),
        Optional.ofNullable(c.expr()).map(exprs::expr));
  }
}
