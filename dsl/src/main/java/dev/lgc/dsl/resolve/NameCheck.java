package dev.lgc.dsl.resolve;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.PathPattern;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.ast.TypeExpr;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.source.Span;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks that every name of a file is declared and every statement is allowed at its place, even in
 * unused code. What a name means is found when a model is elaborated: members of sub-blocks depend
 * on which sub-blocks there are.
 */
final class NameCheck {
  private final Module module;
  private final Set<String> words;
  private final Diagnostics found;

  /**
   * @param words the names that mean something without being declared
   */
  NameCheck(Module module, Set<String> words, Diagnostics found) {
    this.module = module;
    this.words = words;
    this.found = found;
  }

  void run() {
    unique(module.own().stream().map(Item.Named::name).toList(), "this file");
    for (Item.Named i : module.own()) {
      switch (i) {
        case Item.Block b -> block(b);
        case Item.Scale s -> {
          unique(s.rows().stream().map(Item.Row::name).toList(), "this scale");
          params(s.params(), Names.NONE);
          s.rows().forEach(r -> expr(r.value(), Names.NONE));
        }
        case Item.Interface f -> params(f.facts(), Names.NONE);
        case Item.Variant v -> variant(v);
        case Item.Function f -> function(f.function(), Names.NONE);
        case Item.Let l -> expr(l.value(), Names.NONE);
      }
    }
  }

  private void unique(List<Ident> names, String where) {
    Map<String, Ident> seen = new HashMap<>();
    for (Ident n : names) {
      Ident first = seen.putIfAbsent(n.text(), n);
      if (first != null) {
        found.add(
            Diagnostic.of(
                    Code.DUPLICATE_NAME, n.span(), "`" + n + "` is declared twice in " + where)
                .withNote(first.span(), "first declared here"));
      }
    }
  }

  private void block(Item.Block b) {
    b.is().ifPresent(this::anInterface);
    Names names = params(b.params(), Names.NONE).with(Names.declared(b.body()));
    statements(b.body(), names, b.model() ? Place.MODEL : Place.BLOCK);
  }

  private void anInterface(Ident name) {
    List<Module.Symbol> all = module.named(name.text());
    if (all.isEmpty()) {
      unknown(name.text(), name.span(), module.names().keySet());
    } else if (!(all.getFirst().item() instanceof Item.Interface)) {
      found.add(
          Diagnostic.of(Code.WRONG_KIND, name.span(), "`" + name + "` is not an interface")
              .withNote(all.getFirst().item().name().span(), "declared here"));
    }
  }

  private void variant(Item.Variant v) {
    Names names = params(v.params(), Names.NONE);
    Ident base = v.base();
    Set<String> inherited = new HashSet<>();
    if (module.named(base.text()).isEmpty()) {
      unknown(base.text(), base.span(), module.names().keySet());
      return;
    }
    inherit(v, module, inherited, 0);
    for (Item.Change c : v.changes()) {
      path(c.path(), names.with(inherited));
      expr(c.value(), names.with(inherited));
    }
  }

  /** Adds the names that a variant inherits from its base. */
  private static void inherit(Item.Variant v, Module home, Set<String> out, int depth) {
    List<Module.Symbol> all = home.named(v.base().text());
    if (all.isEmpty() || depth > 100) {
      return;
    }
    switch (all.getFirst().item()) {
      case Item.Block b -> {
        b.params().forEach(p -> out.add(p.name().text()));
        out.addAll(Names.declared(b.body()));
      }
      case Item.Variant w -> {
        w.params().forEach(p -> out.add(p.name().text()));
        inherit(w, all.getFirst().home(), out, depth + 1);
      }
      case Item.Scale _, Item.Interface _, Item.Function _, Item.Let _ -> {}
    }
  }

  private void path(PathPattern p, Names names) {
    for (PathPattern.Step s : p.steps()) {
      if (s instanceof PathPattern.Step.At at) {
        expr(at.index(), names);
      }
    }
  }

  /** Checks parameters, each seeing those before it, and gives their names. */
  private Names params(List<Param> params, Names outer) {
    unique(params.stream().map(Param::name).toList(), "this list");
    Set<String> own = new HashSet<>();
    Names names = outer.with(own);
    for (Param p : params) {
      if (p.type() instanceof TypeExpr.Tensor t) {
        Names.dimensions(t.dims(), own);
      }
    }
    for (Param p : params) {
      type(p.type(), names);
      p.standard().ifPresent(e -> expr(e, names));
      own.add(p.name().text());
    }
    return names;
  }

  private void type(TypeExpr type, Names names) {
    switch (type) {
      case TypeExpr.Tensor t -> {
        t.element().ifPresent(e -> element(e.text(), e.span()));
        t.dims().stream().filter(e -> !(e instanceof Expr.Name)).forEach(e -> expr(e, names));
      }
      case TypeExpr.Named n -> {
        List<Module.Symbol> all = module.named(n.name());
        boolean declared = !all.isEmpty() && Types.isType(all.getFirst().item());
        if (!declared && !Types.STATIC.contains(n.name())) {
          found.add(Types.unknown(n, module));
        }
      }
    }
  }

  private void element(String name, Span at) {
    if (!Types.ELEMENTS.contains(name)) {
      found.add(
          Diagnostic.of(Code.UNKNOWN_TYPE, at, "there is no element type `" + name + "`")
              .withExpected("one of " + String.join(", ", Types.ELEMENTS))
              .withNear(NearNames.of(name, Types.ELEMENTS)));
    }
  }

  private void function(FunctionDecl f, Names outer) {
    Names names = params(f.params(), outer);
    Set<String> results = new HashSet<>();
    for (TypeExpr t : f.results()) {
      if (t instanceof TypeExpr.Tensor x) {
        Names.dimensions(x.dims(), results);
      }
      type(t, names.with(results));
    }
    statements(f.body(), names.with(Names.declared(f.body())), Place.BODY);
  }

  private void statements(List<Stmt> body, Names names, Place place) {
    body.forEach(s -> statement(s, names, place));
  }

  private void statement(Stmt s, Names names, Place place) {
    if (!place.allows(s)) {
      String word = s.span().text().split("[^a-z]", 2)[0];
      found.add(
          Diagnostic.of(
              Code.MISPLACED,
              new Span(s.span().source(), s.span().start(), s.span().start() + word.length()),
              "`" + word + "` is not allowed in " + place.words));
    }
    switch (s) {
      case Stmt.Require r -> {
        expr(r.condition(), names);
        r.message().ifPresent(m -> expr(m, names));
      }
      case Stmt.Let l -> expr(l.value(), names);
      case Stmt.LetTuple l -> {
        unique(l.names(), "this tuple");
        expr(l.value(), names);
      }
      case Stmt.Store t -> {
        type(t.type(), names);
        if (t.type() instanceof TypeExpr.Tensor x) {
          x.dims().forEach(e -> expr(e, names));
        }
        t.init().ifPresent(e -> expr(e, names));
      }
      case Stmt.Assign a -> expr(a.value(), names);
      case Stmt.Function f -> function(f.function(), names);
      case Stmt.Forward f -> function(f.function(), names);
      case Stmt.Objective o -> {
        Names inside = params(o.inputs(), names).with(Names.declared(o.body()));
        o.over().forEach(p -> path(p, inside));
        statements(o.body(), inside, Place.OBJECTIVE);
      }
      case Stmt.Generate g -> generate(g, names);
      case Stmt.For f -> {
        expr(f.values(), names);
        statements(f.body(), names, place);
      }
      case Stmt.If f -> {
        expr(f.condition(), names);
        statements(f.yes(), names, place);
        statements(f.no(), names, place);
      }
      case Stmt.Return r -> expr(r.value(), names);
      case Stmt.Minimize m -> expr(m.value(), names);
      case Stmt.Report r -> expr(r.value(), names);
      case Stmt.Export e -> expr(e.value(), names);
      case Stmt.Update u -> {
        expr(u.target(), names);
        expr(u.value(), names);
      }
      case Stmt.Null n -> expr(n.value(), names);
    }
  }

  private void generate(Stmt.Generate g, Names names) {
    expr(g.count(), names);
    Set<String> own = new HashSet<>(Set.of("b", g.name().text()));
    for (Stmt.Given c : g.given()) {
      own.add(c.name().text());
      switch (c.type()) {
        case TypeExpr.Named n -> element(n.name(), n.span());
        case TypeExpr.Tensor t -> {
          Names.dimensions(t.dims(), own);
          type(t, names.with(own));
        }
      }
      c.nullValue().ifPresent(e -> expr(e, names.with(own)));
    }
    statements(g.body(), names.with(own).with(Names.declared(g.body())), Place.GENERATOR);
  }

  private void expr(Expr e, Names names) {
    switch (e) {
      case Expr.Name n -> {
        if (!known(n.name(), names)) {
          Set<String> all = new HashSet<>(module.names().keySet());
          names.addTo(all);
          all.addAll(words);
          unknown(n.name(), n.span(), all);
        }
      }
      case Expr.Comprehension c -> {
        Names inner = names;
        for (Expr.Clause k : c.clauses()) {
          expr(k.values(), inner);
          inner = inner.with(Set.of(k.name().text()));
        }
        if (c.condition().isPresent()) {
          expr(c.condition().get(), inner);
        }
        expr(c.element(), inner);
      }
      case Expr.Container c -> {
        unique(c.members().stream().map(Expr.Member::name).toList(), "this group");
        c.children().forEach(x -> expr(x, names));
      }
      default -> e.children().forEach(x -> expr(x, names));
    }
  }

  private boolean known(String name, Names names) {
    return names.has(name)
        || !module.named(name).isEmpty()
        || words.contains(name)
        || !module.scalesWithRow(name).isEmpty();
  }

  private void unknown(String name, Span at, Set<String> known) {
    found.add(
        Diagnostic.of(Code.UNKNOWN_NAME, at, "there is no `" + name + "` here")
            .withNear(NearNames.of(name, known)));
  }
}
