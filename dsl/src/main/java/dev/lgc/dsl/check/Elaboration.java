package dev.lgc.dsl.check;

import dev.lgc.dsl.ast.FunctionDecl;
import dev.lgc.dsl.diagnostic.Code;
import dev.lgc.dsl.diagnostic.Diagnostic;
import dev.lgc.dsl.diagnostic.Diagnostics;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.resolve.Module;
import dev.lgc.dsl.source.Span;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The state of one elaboration: the mistakes and storage so far, and its place. */
final class Elaboration {
  private static final long STEPS = 4_000_000;
  private static final int DEPTH = 100;

  final Diagnostics found = new Diagnostics();
  final Map<String, Storage> storage = new LinkedHashMap<>();
  final List<CheckedModel.SubBlock> subBlocks = new ArrayList<>();

  /** Values of free dimension names. */
  final Dimensions dimensions;

  /** Forwards that something calls. */
  final Set<FunctionDecl> called = Collections.newSetFromMap(new IdentityHashMap<>());

  private final Map<Module, Scope> files = new IdentityHashMap<>();
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

  /** The entry being built, for what only an entry can have. */
  EntryBuilder entry(Span at) {
    return entry.orElseThrow(
        () ->
            new Fault(
                Diagnostic.of(
                        Code.MISPLACED, at, "tensors can be computed only when the model runs")
                    .withHint("move this into a forward")));
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

  /** The number of statements left early so far, reported or silently. */
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
}
