package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Param;
import dev.lgc.dsl.ast.PathPattern;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.TensorType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Elaborates objectives: what training minimises, and the parameters that it changes. */
final class Objectives {
  private final Evaluator eval;
  private final Elaboration in;
  private final EntryInputs inputs;

  /** The types of the tensors that earlier objectives export, by name. */
  private final Map<String, TensorType> exported = new HashMap<>();

  Objectives(Evaluator eval, EntryInputs inputs) {
    this.eval = eval;
    this.in = eval.in;
    this.inputs = inputs;
  }

  /** The entry that training runs. */
  Entry training(Instance model, Stmt.Objective o, Scope around) {
    return entry(model, o, around, false);
  }

  /**
   * {@code NAME.loss}: the objective with nothing dropped and nothing updated, for held-out data.
   */
  Entry evaluation(Instance model, Stmt.Objective o, Scope around) {
    Entry e = entry(model, o, around, true);
    return new Entry(
        Entry.evaluation(e.name()),
        Entry.Kind.FUNCTION,
        e.values(),
        e.outputs(),
        e.reports(),
        List.of(),
        Map.of(),
        List.of(),
        0,
        e.where());
  }

  private Entry entry(Instance model, Stmt.Objective o, Scope around, boolean evaluating) {
    EntryBuilder e = new EntryBuilder(Entry.Kind.OBJECTIVE, evaluating, in.dimensions);
    in.enter(Optional.of(e));
    Scope scope = around.inside(model.block().name());
    for (Param p : o.inputs()) {
      inputs.declare(e, p.name(), p.type(), Optional.empty(), scope);
      TensorType given = exported.get(p.name().text());
      Value.Tensor v = (Value.Tensor) scope.find(p.name().text()).orElseThrow().value();
      if (given != null && !given.equals(v.type())) {
        throw new Fault(
            Diagnostic.of(
                    Code.SHAPE_MISMATCH,
                    p.type().span(),
                    "`" + p.name() + "` differs from what the previous objective exports")
                .withFound(in.dimensions.show(v))
                .withExpected(given.toString()));
      }
    }
    long before = in.faults();
    eval.bodies.run(o.body(), scope);
    List<String> over = over(o, scope);
    if (!e.outputs.containsKey("loss") || e.outputs.get("loss") < 0) {
      if (in.faults() == before) {
        throw new Fault(
            Diagnostic.of(Code.BAD_OBJECTIVE, o.name().span(), "this objective minimizes nothing")
                .withHint("end it with `minimize loss`"));
      }
      throw Fault.silent();
    }
    for (String x : e.exports) {
      exported.put(x, e.values().get(e.outputs.get(x)).type());
    }
    Map<String, Integer> ordered = new LinkedHashMap<>();
    ordered.put("loss", e.outputs.get("loss"));
    ordered.putAll(e.outputs);
    e.outputs.clear();
    e.outputs.putAll(ordered);
    return e.entry(o.name().text(), over, 0, o.name().span());
  }

  /** The parameters an objective trains. */
  private List<String> over(Stmt.Objective o, Scope scope) {
    List<String> all =
        Storage.withRole(List.copyOf(in.storage.values()), Storage.Role.PARAMETER).stream()
            .map(Storage::path)
            .toList();
    if (o.over().isEmpty()) {
      return all;
    }
    Set<String> chosen = new LinkedHashSet<>();
    for (PathPattern p : o.over()) {
      List<String> met =
          all.stream().filter(s -> under(p, List.of(s.split("\\.")), scope)).toList();
      if (met.isEmpty()) {
        List<String> near =
            p.steps().getFirst() instanceof PathPattern.Step.Named n
                ? NearNames.of(n.name(), all.stream().map(s -> s.split("\\.")[0]).toList())
                : List.of();
        in.report(
            Diagnostic.of(
                    Code.UNKNOWN_PATH, p.span(), "no parameter matches `" + p.span().text() + "`")
                .withNear(near));
      }
      chosen.addAll(met);
    }
    return all.stream().filter(chosen::contains).toList();
  }

  private boolean under(PathPattern p, List<String> path, Scope scope) {
    for (int n = 1; n <= path.size(); n++) {
      if (eval.overrides.matches(p.steps(), path.subList(0, n), scope)) {
        return true;
      }
    }
    return false;
  }
}
