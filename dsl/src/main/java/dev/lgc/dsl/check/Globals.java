package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.source.Span;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Declarations of files to values: blocks, variants, functions, and {@code let}s outside blocks.
 */
final class Globals {
  private final Evaluator eval;
  private final Elaboration in;
  private final Map<Item, Value> values = new IdentityHashMap<>();

  /** By identity, as values are: a declaration's hash is that of all that stands in it. */
  private final Set<Item> evaluating = Collections.newSetFromMap(new IdentityHashMap<>());

  Globals(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
  }

  /** The value of a file-level name. */
  Optional<Value> named(Module module, String name, Span at) {
    List<Module.Symbol> all = module.named(name);
    if (all.size() > 1) {
      Diagnostic d =
          Diagnostic.of(Code.AMBIGUOUS_NAME, at, "`" + name + "` is declared by several imports");
      for (Module.Symbol s : all) {
        d = d.withNote(s.item().name().span(), "declared here");
      }
      throw new Fault(d.withHint("declare it in this file, or import only one of them"));
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(of(all.getFirst(), at));
  }

  /** The value of a declaration, which is evaluated once. */
  Value of(Module.Symbol s, Span at) {
    Value known = values.get(s.item());
    if (known != null) {
      return known;
    }
    if (!evaluating.add(s.item())) {
      throw new Fault(
          Diagnostic.of(Code.RECURSION, at, "`" + s.item().name() + "` is defined by itself"));
    }
    Value v =
        switch (s.item()) {
          case Item.Block b -> new Value.Block(b.name().text(), b, s.home(), List.of());
          case Item.Scale sc -> new Value.Scale(sc, s.home());
          case Item.Function f -> new Value.Function(f.function(), in.fileScope(s.home()));
          case Item.Let l -> let(l, s.home());
          case Item.Variant v1 -> variant(v1, s.home());
          case Item.Interface i -> new Value.Symbol(i.name().text());
        };
    evaluating.remove(s.item());
    values.put(s.item(), v);
    return v;
  }

  private Value let(Item.Let l, Module home) {
    Optional<EntryBuilder> outer = in.entry();
    in.enter(Optional.empty());
    try {
      return eval.eval(l.value(), in.fileScope(home));
    } catch (Fault f) {
      in.report(f);
      return Value.POISON;
    } finally {
      in.enter(outer);
    }
  }

  private Value variant(Item.Variant v, Module home) {
    Ident base = v.base();
    try {
      Optional<Value> of = named(home, base.text(), base.span());
      if (of.isPresent() && of.get() instanceof Value.Block b) {
        List<Value.Layer> layers = new ArrayList<>(b.layers());
        layers.add(new Value.Layer(v, home));
        return new Value.Block(v.name().text(), b.item(), b.home(), layers);
      }
      if (of.isPresent() && of.get() instanceof Value.Poison) {
        return Value.POISON;
      }
      in.report(
          of.isEmpty()
              ? Diagnostic.of(Code.UNKNOWN_NAME, base.span(), "there is no model `" + base + "`")
                  .withNear(NearNames.of(base.text(), home.names().keySet()))
              : Diagnostic.of(
                      Code.WRONG_KIND, base.span(), "`" + base + "` is not a model or block")
                  .withFound(Value.kind(of.get())));
    } catch (Fault f) {
      in.report(f);
    }
    return Value.POISON;
  }
}
