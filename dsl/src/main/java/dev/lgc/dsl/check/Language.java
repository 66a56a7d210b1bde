package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.resolve.Loader;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.resolve.Modules;
import dev.lgc.dsl.source.Source;
import dev.lgc.dsl.source.Span;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The front end: a file of the language, loaded with its imports, whose models can be elaborated.
 *
 * <pre>{@code
 * Language file = Language.load("llamagen").get();
 * CheckedModel model = file.elaborate("ClassToImage", Map.of("size", "3B"), Map.of("b", 16)).get();
 * }</pre>
 *
 * <p>Immutable; may be used by several threads.
 */
public final class Language {
  /** The names with a meaning everywhere: functions of the language, and its words. */
  private static final Set<String> WORDS =
      Stream.concat(Functions.names().stream(), Words.VALUES.stream())
          .collect(Collectors.toUnmodifiableSet());

  private final Module module;

  private Language(Module module) {
    this.module = module;
  }

  /**
   * A parameter of a model: its name, type and default value as written; the value is empty if it
   * must be given.
   */
  public record Parameter(String name, String type, String standard) {}

  /** Loads a file by path, or a library module such as {@code llamagen} by name. */
  public static Outcome<Language> load(String fileOrModule) {
    return load(fileOrModule, Loader.standard());
  }

  /** Loads a file. */
  public static Outcome<Language> load(Path file) {
    return load(file.toString(), Loader.standard());
  }

  /** Loads a file, finding it and its imports with a loader. */
  public static Outcome<Language> load(String name, Loader loader) {
    return loader.open(name).then(s -> load(s, loader));
  }

  /** Loads a text. */
  public static Outcome<Language> load(Source source, Loader loader) {
    Outcome<Module> m = Modules.load(source, loader, WORDS);
    return m.then(x -> Outcome.ok(new Language(x)));
  }

  /** Loads a text that imports library modules at most. */
  public static Outcome<Language> parse(String name, String text) {
    return load(Source.of(name, text), Loader.of(Map.of(name, text)));
  }

  /**
   * The models and variants of models that this file declares; those of its imports if it declares
   * none.
   */
  public List<String> models() {
    List<String> own = names(module.own());
    return own.isEmpty()
        ? names(module.names().values().stream().map(s -> s.getFirst().item()).toList())
        : own;
  }

  private List<String> names(List<Item.Named> items) {
    Evaluator eval = new Evaluator(new Elaboration(Dimensions.of(Map.of())));
    List<String> out = new ArrayList<>();
    for (Item.Named i : items) {
      try {
        if (eval.globals.named(module, i.name().text(), i.name().span()).orElse(Value.NONE)
                instanceof Value.Block b
            && b.item().model()) {
          out.add(i.name().text());
        }
      } catch (Fault f) {
        // Reported when the file is checked.
      }
    }
    return out;
  }

  /** The parameters of a model; empty if there is no such model. */
  public List<Parameter> parameters(String model) {
    Evaluator eval = new Evaluator(new Elaboration(Dimensions.of(Map.of())));
    Diagnostics found = new Diagnostics();
    return model(model, eval, found).map(Blocks::params).orElse(List.of()).stream()
        .map(
            p ->
                new Parameter(
                    p.name().text(),
                    p.type().span().text(),
                    p.standard().map(s -> s.span().text()).orElse("")))
        .toList();
  }

  /**
   * Elaborates a model.
   *
   * @param model its name, or that of a variant
   * @param parameters values as a user would write them: {@code size=3B}, {@code tokenizer=VQ8},
   *     {@code image=384}
   * @param dimensions sizes of free dimension names; {@code b} is 8 if not given
   */
  public Outcome<CheckedModel> elaborate(
      String model, Map<String, String> parameters, Map<String, Integer> dimensions) {
    return elaborated(
        model, parameters, dimensions, (block, args, eval) -> all(model, block, args, eval));
  }

  /**
   * Elaborates the objectives of a model and nothing else of it.
   *
   * @see #elaborate
   */
  public Outcome<List<Entry>> objectives(
      String model, Map<String, String> parameters, Map<String, Integer> dimensions) {
    return elaborated(
        model,
        parameters,
        dimensions,
        (block, args, eval) -> new Entries(eval).objectives(instance(block, args, eval)));
  }

  /** The part of a model that is elaborated. */
  private interface Part<T> {
    T of(Value.Block model, List<Value.Arg> args, Evaluator eval);
  }

  private <T> Outcome<T> elaborated(
      String name, Map<String, String> parameters, Map<String, Integer> sizes, Part<T> part) {
    Dimensions dimensions = Dimensions.of(sizes);
    Elaboration in = new Elaboration(dimensions);
    Evaluator eval = new Evaluator(in);
    try {
      Optional<Value.Block> model = model(name, eval, in.found);
      if (model.isEmpty()) {
        return Outcome.failed(in.found.all());
      }
      List<Value.Arg> args = new GivenParameters(eval).of(model.get(), module, parameters);
      for (Map.Entry<String, Integer> d : dimensions.given().entrySet()) {
        if (d.getValue() < 1) {
          in.found.add(
              Diagnostic.of(
                      Code.INVALID_SIZE,
                      Span.NONE,
                      "the dimension `" + d.getKey() + "` must be at least 1")
                  .withFound(d.getValue().toString()));
        }
      }
      if (!in.found.isEmpty()) {
        return Outcome.failed(in.found.all());
      }
      T elaborated = part.of(model.get(), args, eval);
      return in.found.isEmpty() ? Outcome.ok(elaborated) : Outcome.failed(in.found.all());
    } catch (Fault f) {
      f.diagnostic().ifPresent(in.found::add);
      return Outcome.failed(in.found.all());
    } catch (StackOverflowError e) {
      return Outcome.failed(
          List.of(
              Diagnostic.of(
                  Code.NESTED_TOO_DEEPLY,
                  Span.startOf(module.file().source()),
                  "this is nested too deeply")));
    }
  }

  private static Instance instance(Value.Block model, List<Value.Arg> args, Evaluator eval) {
    return eval.blocks.instantiate(
        model, args, dev.lgc.dsl.check.Path.ROOT, false, false, Span.NONE);
  }

  private static CheckedModel all(
      String name, Value.Block model, List<Value.Arg> args, Evaluator eval) {
    Elaboration in = eval.in;
    Instance root = instance(model, args, eval);
    new Interfaces(eval).check(root);
    List<Entry> entries = new Entries(eval).of(root);
    Map<String, String> arguments = new LinkedHashMap<>();
    for (Param p : model.item().params()) {
      root.scope()
          .local(p.name().text())
          .ifPresent(b -> arguments.put(p.name().text(), Value.render(b.value())));
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    Optional<CheckedModel.TokenizerFacts> tokenizer = Optional.empty();
    for (Map.Entry<String, Scope.Binding> b : root.scope().locals().entrySet()) {
      fact(b.getValue().value()).ifPresent(v -> facts.put(b.getKey(), v));
      if (tokenizer.isEmpty() && b.getValue().value() instanceof Value.Facts f) {
        tokenizer = Optional.of(tokenizer(f));
      }
    }
    List<Storage> storage = List.copyOf(in.storage.values());
    return new CheckedModel(
        name,
        arguments,
        facts,
        new LinkedHashMap<>(in.dimensions.used()),
        storage,
        entries,
        tokenizer,
        in.subBlocks);
  }

  private static CheckedModel.TokenizerFacts tokenizer(Value.Facts f) {
    Map<String, Object> facts = new LinkedHashMap<>();
    f.facts().forEach((k, v) -> fact(v).ifPresent(x -> facts.put(k, x)));
    return new CheckedModel.TokenizerFacts(f.block().name(), f.arguments(), facts);
  }

  private static Optional<Object> fact(Value v) {
    return switch (v) {
      case Value.Int i -> Optional.of(i.value());
      case Value.Real r -> Optional.of(r.value());
      case Value.Bool b -> Optional.of(b.value());
      case Value.Text t -> Optional.of(t.value());
      default -> Optional.empty();
    };
  }

  private Optional<Value.Block> model(String name, Evaluator eval, Diagnostics found) {
    try {
      Optional<Value> v = eval.globals.named(module, name, Span.startOf(module.file().source()));
      if (v.isPresent() && v.get() instanceof Value.Block b && b.item().model()) {
        return Optional.of(b);
      }
    } catch (Fault f) {
      f.diagnostic().ifPresent(found::add);
      return Optional.empty();
    }
    List<String> known = models();
    Diagnostic d =
        Diagnostic.of(
                Code.UNKNOWN_MODEL,
                Span.NONE,
                module.file().source() + " has no model `" + name + "`")
            .withNear(NearNames.of(name, known));
    found.add(known.isEmpty() ? d : d.withExpected("one of " + String.join(", ", known)));
    return Optional.empty();
  }

  /** All mistakes of the file: every model and block that needs no arguments is elaborated. */
  public List<Diagnostic> check() {
    return check((model, entries) -> {});
  }

  /**
   * The same, telling what was elaborated while the rest of the file is still being checked.
   *
   * @param entries told of each model that needs no arguments, by its name; sizes of free
   *     dimensions are made up, and what has a mistake is left out
   */
  public List<Diagnostic> check(BiConsumer<String, List<Entry>> entries) {
    return new FileCheck(module, entries).run();
  }

  /** The loaded file. */
  public Source source() {
    return module.file().source();
  }

  /** The loaded file, then everything it imports, each once. */
  public List<Source> sources() {
    Map<String, Source> all = new LinkedHashMap<>();
    collect(module, all);
    return List.copyOf(all.values());
  }

  private static void collect(Module m, Map<String, Source> all) {
    if (all.putIfAbsent(m.file().source().name(), m.file().source()) == null) {
      m.imports().forEach(i -> collect(i, all));
    }
  }
}
