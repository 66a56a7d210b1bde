package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Item;
import dev.lgc.dsl.ast.PathPattern;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The changes of the variants around the block being instantiated. Later ones win. */
final class Overrides {
  private final Evaluator eval;
  private final Elaboration in;
  private final List<Active> active = new ArrayList<>();

  Overrides(Evaluator eval) {
    this.eval = eval;
    this.in = eval.in;
  }

  /** A change, where its paths begin, and where its value is looked up. */
  static final class Active {
    private final Item.Change change;
    private final Path prefix;
    private final Scope scope;
    private final Set<String> tried = new LinkedHashSet<>();
    private boolean used;

    Active(Item.Change change, Path prefix, Scope scope) {
      this.change = change;
      this.prefix = prefix;
      this.scope = scope;
    }

    Item.Change change() {
      return change;
    }

    Scope scope() {
      return scope;
    }

    Path prefix() {
      return prefix;
    }

    void use() {
      used = true;
    }
  }

  List<Active> push(List<Item.Change> changes, Path prefix, Scope scope) {
    List<Active> added = changes.stream().map(c -> new Active(c, prefix, scope)).toList();
    active.addAll(added);
    return added;
  }

  /** Ends changes; those that met nothing are mistakes. */
  void pop(List<Active> added, boolean complete) {
    active.removeAll(added);
    if (!complete) {
      return;
    }
    for (Active a : added) {
      if (!a.used) {
        PathPattern p = a.change.path();
        String last =
            p.steps().getLast() instanceof PathPattern.Step.Named n ? n.name() : p.span().text();
        in.report(
            Diagnostic.of(
                    Code.UNKNOWN_PATH,
                    p.span(),
                    "no parameter or sub-block matches `" + p.span().text() + "`")
                .withNear(NearNames.of(last, a.tried)));
      }
    }
  }

  /** Lets go of all changes, for a model of its own; {@link #resume} brings them back. */
  List<Active> suspend() {
    List<Active> all = List.copyOf(active);
    active.clear();
    return all;
  }

  void resume(List<Active> suspended) {
    active.addAll(suspended);
  }

  /** The change that applies to a path, the last if several do. */
  Optional<Active> at(Path path) {
    Optional<Active> out = Optional.empty();
    for (Active a : active) {
      Optional<List<String>> rest = below(a, path);
      if (rest.isPresent()) {
        if (a.tried.size() < 1000) {
          a.tried.add(rest.get().getLast());
        }
        if (matches(a, a.change.path().steps(), rest.get())) {
          a.use();
          out = Optional.of(a);
        }
      }
    }
    return out;
  }

  /** The changes of fields of the parameter at a path: {@code size.dim}. */
  List<Active> ofFields(Path path) {
    List<Active> out = new ArrayList<>();
    for (Active a : active) {
      List<PathPattern.Step> steps = a.change.path().steps();
      Optional<List<String>> rest = below(a, path);
      if (rest.isPresent()
          && steps.size() > 1
          && steps.getLast() instanceof PathPattern.Step.Named
          && matches(a, steps.subList(0, steps.size() - 1), rest.get())) {
        out.add(a);
      }
    }
    return out;
  }

  private static Optional<List<String>> below(Active a, Path path) {
    int n = a.prefix.steps().size();
    return path.steps().size() > n && path.steps().subList(0, n).equals(a.prefix.steps())
        ? Optional.of(path.steps().subList(n, path.steps().size()))
        : Optional.empty();
  }

  private boolean matches(Active a, List<PathPattern.Step> steps, List<String> path) {
    return matches(steps, path, a.scope);
  }

  /** Returns true if a pattern matches a whole path; indices are looked up in the scope. */
  boolean matches(List<PathPattern.Step> steps, List<String> path, Scope scope) {
    if (steps.isEmpty()) {
      return path.isEmpty();
    }
    List<PathPattern.Step> rest = steps.subList(1, steps.size());
    if (steps.getFirst() instanceof PathPattern.Step.Deep) {
      for (int k = 0; k <= path.size(); k++) {
        if (matches(rest, path.subList(k, path.size()), scope)) {
          return true;
        }
      }
      return false;
    }
    if (path.isEmpty()) {
      return false;
    }
    String head = path.getFirst();
    boolean fits =
        switch (steps.getFirst()) {
          case PathPattern.Step.Named n -> n.name().equals(head);
          case PathPattern.Step.Any _, PathPattern.Step.Deep _ -> true;
          case PathPattern.Step.AnyIndex _ -> isIndex(head);
          case PathPattern.Step.At at ->
              isIndex(head) && has(eval.eval(at.index(), scope), at, head);
        };
    return fits && matches(rest, path.subList(1, path.size()), scope);
  }

  private static boolean isIndex(String step) {
    return !step.isEmpty() && step.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static boolean has(Value v, PathPattern.Step.At at, String head) {
    if (v instanceof Value.Items l) {
      return l.values().stream()
          .anyMatch(x -> x instanceof Value.Int i && Long.toString(i.value()).equals(head));
    }
    return Long.toString(Expected.integer(v, at.index().span())).equals(head);
  }
}
