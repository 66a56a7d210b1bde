package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Expr;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.resolve.Module;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Names and their values, inside another scope; the outermost is a file. */
final class Scope {
  /** The kinds of names, which decide whether a name can be assigned. */
  enum Kind {
    PARAM,
    LET,
    MEMBER,
    INPUT,
    VARIABLE,
    DIMENSION
  }

  /** A name's value and the expression it came from. */
  static final class Binding {
    private Value value;
    private final Kind kind;
    private final Ident declared;
    private final Optional<Expr> source;
    private final Scope sourceScope;

    Binding(Value value, Kind kind, Ident declared, Optional<Expr> source, Scope sourceScope) {
      this.value = value;
      this.kind = kind;
      this.declared = declared;
      this.source = source;
      this.sourceScope = sourceScope;
    }

    Value value() {
      return value;
    }

    void assign(Value v) {
      value = v;
    }

    Kind kind() {
      return kind;
    }

    Ident declared() {
      return declared;
    }

    Optional<Expr> source() {
      return source;
    }

    Scope sourceScope() {
      return sourceScope;
    }
  }

  private final Optional<Scope> parent;
  private final Module module;
  private final String owner;
  private final Optional<Scope> beside;
  private final Map<String, Binding> own = new LinkedHashMap<>();

  private Scope(Optional<Scope> parent, Module module, String owner, Optional<Scope> beside) {
    this.parent = parent;
    this.module = module;
    this.owner = owner;
    this.beside = beside;
  }

  /** The scope of a file. */
  static Scope file(Module module) {
    return new Scope(Optional.empty(), module, "", Optional.empty());
  }

  /** A scope inside this one, of a block, function or forward of that name. */
  Scope inside(String name) {
    return new Scope(Optional.of(this), module, name, Optional.empty());
  }

  /** A scope inside this one, of the same owner. */
  Scope inside() {
    return inside(owner);
  }

  /** A scope inside this one that also sees the names of another, not of what is around that. */
  Scope beside(Scope other) {
    return new Scope(Optional.of(this), module, other.owner, Optional.of(other));
  }

  Module module() {
    return module;
  }

  String owner() {
    return owner;
  }

  void declare(Ident name, Kind kind, Value value, Expr source, Scope sourceScope) {
    own.put(name.text(), new Binding(value, kind, name, Optional.of(source), sourceScope));
  }

  void declare(Ident name, Kind kind, Value value) {
    own.put(name.text(), new Binding(value, kind, name, Optional.empty(), this));
  }

  Optional<Binding> local(String name) {
    return Optional.ofNullable(own.get(name));
  }

  Map<String, Binding> locals() {
    return own;
  }

  /** The nearest binding, not counting what files declare. */
  Optional<Binding> find(String name) {
    for (Scope s = this; s != null; s = s.parent.orElse(null)) {
      Binding b = s.own.get(name);
      if (b == null && s.beside.isPresent()) {
        b = s.beside.get().own.get(name);
      }
      if (b != null) {
        return Optional.of(b);
      }
    }
    return Optional.empty();
  }

  /** All names that could be used here. */
  Collection<String> names() {
    TreeSet<String> all = new TreeSet<>(module.names().keySet());
    for (Scope s = this; s != null; s = s.parent.orElse(null)) {
      all.addAll(s.own.keySet());
      s.beside.ifPresent(b -> all.addAll(b.own.keySet()));
    }
    return all;
  }
}
