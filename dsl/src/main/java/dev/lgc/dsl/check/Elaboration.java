package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.source.Span;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What one elaboration knows: its parts, the mistakes so far, the storage so far, where it is. */
final class Elaboration {
  private static final long STEPS = 4_000_000;
  private static final int DEPTH = 100;

  final Diagnostics found = new Diagnostics();
  final Evaluator eval = new Evaluator(this);
  final Binder binder = new Binder(this);
  final Blocks blocks = new Blocks(this);
  final Bodies bodies = new Bodies(this);
  final Overrides overrides = new Overrides(this);
  final Tensors tensors = new Tensors(this);
  final Entries entries = new Entries(this);
  final EntryInputs inputs = new EntryInputs(this);
  final Objectives objectives = new Objectives(this);
  final Generators generators = new Generators(this);
  final Parameters parameters = new Parameters(this);
  final Requirements requirements = new Requirements(this);
  final Map<String, Storage> storage = new LinkedHashMap<>();
  final List<CheckedModel.SubBlock> subBlocks = new ArrayList<>();

  /** Values of free dimension names. */
  final Dimensions dimensions;

  /** Forwards that something calls. */
  final Set<FunctionDecl> called = Collections.newSetFromMap(new IdentityHashMap<>());

  private final Map<Module, Scope> files = new IdentityHashMap<>();
  private final Map<Item, Value> globals = new IdentityHashMap<>();
  private final Set<Item> evaluating = new HashSet<>();
  private final Deque<Span> trail = new ArrayDeque<>();
  private Optional<EntryBuilder> entry = Optional.empty();
  private long steps;
  private long faults;

  Elaboration(Dimensions dimensions) {
    this.dimensions = dimensions;
  }

  /** The entry being built; outside entries there are no tensors. */
  Optional<EntryBuilder> entry() {
    return entry;
  }

  void enter(Optional<EntryBuilder> e) {
    entry = e;
  }

  /** Counts a step of elaboration. */
  void step(Span at) {
    steps(1, at);
  }

  /** Counts work that grows with a value: comparing, copying or showing so many elements. */
  void steps(long n, Span at) {
    steps += n;
    if (steps > STEPS) {
      throw Fault.fatal(
          Diagnostic.of(Code.TOO_LARGE, at, "elaborating this takes more than " + STEPS + " steps")
              .withHint("is a loop longer than it should be?"));
    }
  }

  /** Enters a call or a sub-block. */
  void push(Span at, String what) {
    if (trail.size() >= DEPTH) {
      throw Fault.fatal(
          Diagnostic.of(Code.RECURSION, at, what + " contains itself without end")
              .withHint("end the recursion with `if` on a static value"));
    }
    trail.push(at);
  }

  void pop() {
    trail.pop();
  }

  /** How many statements were left so far, with or without a word. */
  long faults() {
    return faults;
  }

  int depth() {
    return trail.size();
  }

  /** Reports what a fault carries, with the calls that led there. */
  void report(Fault f) {
    faults++;
    f.diagnostic().ifPresent(this::report);
    if (f.isFatal()) {
      throw f;
    }
  }

  void report(Diagnostic d) {
    Diagnostic full = d;
    int shown = 0;
    for (Span s : trail) {
      boolean inside =
          s.source() == d.span().source()
              && s.start() <= d.span().start()
              && d.span().end() <= s.end();
      if (!inside && !s.isNowhere() && shown++ < 3) {
        full = full.withNote(s, "used here");
      }
    }
    found.add(full);
  }

  /** The scope of a file. */
  Scope fileScope(Module m) {
    return files.computeIfAbsent(m, Scope::file);
  }

  /** What a file-level name means. */
  Optional<Value> global(Module module, String name, Span at) {
    List<Module.Symbol> all = module.named(name);
    if (all.size() > 1) {
      Diagnostic d =
          Diagnostic.of(Code.AMBIGUOUS_NAME, at, "`" + name + "` is declared by several imports");
      for (Module.Symbol s : all) {
        d = d.withNote(s.item().name().span(), "declared here");
      }
      throw new Fault(d.withHint("declare it in this file, or import only one of them"));
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(value(all.getFirst(), at));
  }

  Value value(Module.Symbol s, Span at) {
    Value known = globals.get(s.item());
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
          case Item.Function f -> new Value.Function(f.function(), fileScope(s.home()));
          case Item.Let l -> global(l, s.home());
          case Item.Variant v1 -> variant(v1, s.home());
          case Item.Interface i -> new Value.Symbol(i.name().text());
        };
    evaluating.remove(s.item());
    globals.put(s.item(), v);
    return v;
  }

  private Value global(Item.Let l, Module home) {
    Optional<EntryBuilder> outer = entry;
    entry = Optional.empty();
    try {
      return eval.eval(l.value(), fileScope(home));
    } catch (Fault f) {
      report(f);
      return Value.POISON;
    } finally {
      entry = outer;
    }
  }

  private Value variant(Item.Variant v, Module home) {
    Ident base = v.base();
    try {
      Optional<Value> of = global(home, base.text(), base.span());
      if (of.isPresent() && of.get() instanceof Value.Block b) {
        List<Value.Layer> layers = new ArrayList<>(b.layers());
        layers.add(new Value.Layer(v, home));
        return new Value.Block(v.name().text(), b.item(), b.home(), layers);
      }
      if (of.isPresent() && of.get() instanceof Value.Poison) {
        return Value.POISON;
      }
      report(
          of.isEmpty()
              ? Diagnostic.of(Code.UNKNOWN_NAME, base.span(), "there is no model `" + base + "`")
                  .withNear(NearNames.of(base.text(), home.names().keySet()))
              : Diagnostic.of(
                      Code.WRONG_KIND, base.span(), "`" + base + "` is not a model or block")
                  .withFound(Value.kind(of.get())));
    } catch (Fault f) {
      report(f);
    }
    return Value.POISON;
  }
}
