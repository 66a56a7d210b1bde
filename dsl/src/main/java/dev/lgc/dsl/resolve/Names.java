package dev.lgc.dsl.resolve;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Stmt;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The names that may be used at a place, inside another set; their order does not matter. */
record Names(Set<String> own, Names outer) {
  static final Names NONE = new Names(Set.of(), null);

  Names with(Set<String> more) {
    return new Names(more, this);
  }

  boolean has(String name) {
    return own.contains(name) || outer != null && outer.has(name);
  }

  void addTo(Set<String> all) {
    all.addAll(own);
    if (outer != null) {
      outer.addTo(all);
    }
  }

  /** Everything that these statements declare, inside loops and branches too. */
  static Set<String> declared(List<Stmt> body) {
    Set<String> out = new HashSet<>();
    collect(body, out);
    return out;
  }

  private static void collect(List<Stmt> body, Set<String> out) {
    for (Stmt s : body) {
      switch (s) {
        case Stmt.Let l -> out.add(l.name().text());
        case Stmt.LetTuple l -> l.names().forEach(n -> out.add(n.text()));
        case Stmt.Store t -> out.add(t.name().text());
        case Stmt.Assign a -> out.add(a.name().text());
        case Stmt.Function f -> out.add(f.function().name().text());
        case Stmt.Forward f -> {
          String name = f.function().name().text();
          out.add(name.isEmpty() ? "forward" : name);
        }
        case Stmt.For f -> {
          out.add(f.name().text());
          collect(f.body(), out);
        }
        case Stmt.If f -> {
          collect(f.yes(), out);
          collect(f.no(), out);
        }
        case Stmt.Require _,
            Stmt.Objective _,
            Stmt.Generate _,
            Stmt.Return _,
            Stmt.Minimize _,
            Stmt.Report _ -> {}
        case Stmt.Export _, Stmt.Update _, Stmt.Null _ -> {}
      }
    }
  }

  /** The names that stand alone as dimensions: free unless they mean something. */
  static void dimensions(List<Expr> dims, Set<String> out) {
    for (Expr e : dims) {
      if (e instanceof Expr.Name n) {
        out.add(n.name());
      }
    }
  }
}
