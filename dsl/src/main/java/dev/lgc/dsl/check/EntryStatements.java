package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.Ident;
import dev.lgc.dsl.ast.Stmt;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.NearNames;
import dev.lgc.dsl.model.Entry;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.source.Span;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Intrinsic;
import java.util.List;
import java.util.Map;

/**
 * The statements that say what an entry gives besides its result: a loss, reports, exports, new
 * values of buffers, and nulls of conditions. Their expressions have values already.
 */
final class EntryStatements {
  private final Tensors tensors;
  private final Elaboration in;

  EntryStatements(Tensors tensors, Elaboration in) {
    this.tensors = tensors;
    this.in = in;
  }

  static Fault misplaced(Stmt s, String where) {
    String word = s.span().text().split("[^a-z]", 2)[0];
    return new Fault(
        Diagnostic.of(
            Code.MISPLACED,
            new Span(s.span().source(), s.span().start(), s.span().start() + word.length()),
            "`" + word + "` is not allowed in " + where));
  }

  /** The objective being built; refuses a statement that stands anywhere else. */
  EntryBuilder objective(Stmt s) {
    EntryBuilder e = in.entry(s.span());
    if (e.kind() != Entry.Kind.OBJECTIVE) {
      throw misplaced(s, "anything but an objective");
    }
    return e;
  }

  /** Says that an objective has a loss, whose value may turn out to be a mistake. */
  void beginLoss(EntryBuilder e, Span at) {
    if (e.outputs.containsKey("loss")) {
      throw new Fault(Diagnostic.of(Code.BAD_OBJECTIVE, at, "an objective minimizes one value"));
    }
    e.outputs.put("loss", -1);
  }

  void endLoss(EntryBuilder e, Value loss, Span at) {
    e.outputs.put("loss", scalar(loss, at, "what is minimized").id());
  }

  void report(EntryBuilder e, Stmt.Report r, Value value) {
    output(e, r.name(), scalar(value, r.value().span(), "a reported value").id());
    e.reports.add(r.name().text());
  }

  void export(EntryBuilder e, Stmt.Export x, Value value) {
    Value.Tensor v = tensors.tensor(value, x.value().span());
    output(e, x.name(), e.computed(v, x.value().span()));
    e.exports.add(x.name().text());
  }

  private static void output(EntryBuilder e, Ident name, int id) {
    if (e.outputs.putIfAbsent(name.text(), id) != null) {
      throw new Fault(
          Diagnostic.of(
              Code.DUPLICATE_NAME,
              name.span(),
              "this objective already has an output `" + name + "`"));
    }
  }

  private Value.Tensor scalar(Value value, Span at, String what) {
    Value.Tensor v = tensors.tensor(value, DType.F32, at);
    if (v.rank() != 0 || v.dtype() != DType.F32) {
      throw new Fault(
          Diagnostic.of(Code.BAD_OBJECTIVE, at, what + " must be a scalar float")
              .withFound(in.dimensions.show(v))
              .withHint("take the mean of it: `mean(x)`"));
    }
    return v;
  }

  void update(Stmt.Update u, Storage buffer, Value.Tensor v) {
    if (buffer.role() == Storage.Role.PARAMETER) {
      throw new Fault(
          Diagnostic.of(Code.NOT_ASSIGNABLE, u.target().span(), "only training changes parameters")
              .withFound("the parameter " + buffer.path())
              .withHint("declare it with `buffer`"));
    }
    if (!v.type().equals(buffer.type())) {
      throw new Fault(
          Diagnostic.of(
                  Code.SHAPE_MISMATCH, u.value().span(), "the new value does not fit the buffer")
              .withFound(in.dimensions.show(v))
              .withExpected(buffer.type().toString()));
    }
    in.entry(u.span()).update(buffer, v);
  }

  /** The condition that a {@code null} is for: the one it names, or the first. */
  String condition(EntryBuilder e, Stmt.Null n) {
    String name =
        n.name().map(Ident::text).or(() -> e.conditions.keySet().stream().findFirst()).orElse("");
    if (!e.conditions.containsKey(name)) {
      throw new Fault(
          Diagnostic.of(
                  Code.BAD_GENERATOR,
                  n.name().map(Ident::span).orElse(n.span()),
                  name.isEmpty()
                      ? "this generator has no condition"
                      : "this generator is not given `" + name + "`")
              .withNear(NearNames.of(name, e.conditions.keySet())));
    }
    return name;
  }

  /** Gives a condition the value that stands for it in rows that go without. */
  void setNull(EntryBuilder e, String name, Stmt.Null n, Value value) {
    Value.Tensor like = e.conditions.get(name);
    Value.Tensor v = tensors.tensor(value, like.dtype(), n.value().span());
    int lead = like.rank() - v.rank();
    boolean fits = lead >= 0 && v.dtype() == like.dtype();
    for (int i = 0; fits && i < v.rank(); i++) {
      int have = v.dims().get(i).size();
      fits = have == 1 || have == like.dims().get(lead + i).size();
    }
    if (!fits) {
      throw new Fault(
          Diagnostic.of(
                  Code.BAD_GENERATOR, n.value().span(), "this null does not fit its condition")
              .withFound(in.dimensions.show(v))
              .withExpected(in.dimensions.show(like) + ", or a shape that broadcasts to it"));
    }
    if (e.nulls.containsKey(name)) {
      throw new Fault(Diagnostic.of(Code.DUPLICATE_NAME, n.span(), "`" + name + "` has two nulls"));
    }
    e.computed(like, n.value().span());
    e.nulls.put(
        name,
        v.shape().equals(like.shape())
            ? v
            : tensors.emit(
                Intrinsic.BROADCAST, List.of(v), Map.of(), v.dtype(), like.dims(), n.span()));
  }
}
