package dev.lgc.compiler.emit.jvm;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.util.Optional;

/** Loads whose lanes lie in a few {@link Windows} of memory. */
final class WindowLoads {
  private final Evaluator values;
  private final Code code;
  private final CodeBuilder b;
  private final Memory memory;
  private final VectorFunctions vectors;
  private final Lane lane;

  WindowLoads(Evaluator values, Memory memory, VectorFunctions vectors) {
    this.values = values;
    this.code = values.code;
    this.b = code.b;
    this.memory = memory;
    this.vectors = vectors;
    this.lane = values.lane();
  }

  /** All lanes, as bits. */
  long all() {
    return Lane.first(lane.width());
  }

  /** Where some lanes' elements are in memory, if those are few stretches that are all there. */
  Optional<Windows> of(Pattern at, long lanes, Addresses.Place place) {
    long elements = values.addresses.elements(place);
    if (lane.count() == null) {
      long active = lanes & Lane.first(lane.active());
      return active == 0 ? Optional.empty() : Windows.of(at, active, elements);
    }
    // Of lanes that may count or not the first does, and with it what its window has.
    return lanes == all()
        ? Windows.of(at, lanes, elements).filter(w -> w.isWithinMemory(at, elements))
        : Optional.empty();
  }

  /** Loads windows and puts each lane's element in its place; lanes that do not count get any. */
  void load(Addresses.Place place, DType t, Windows windows) {
    Addresses.Place first = values.addresses.first(place);
    if (place.isDynamic()) {
      values.addresses.check(
          first, values.addresses.compute(first), windows.first(), windows.last());
    }
    Value result = null;
    for (int w = 0; w < windows.starts().size(); w++) {
      Addresses.Place start = first.plus(windows.starts().get(w));
      Code.Var address = values.addresses.compute(start);
      values.push(load(start, address, t, windows.bits()));
      if (!windows.isInOrder(w)) {
        values.constants().rearrange(b, VectorFunctions.vector(t), windows.places(w));
      }
      if (result != null) {
        Value more = values.held("more", Form.lanes(t));
        values.push(result);
        values.push(more);
        vectors.mask(windows.lanes(w));
        vectors.blend(t);
      }
      result = values.held("lanes", Form.lanes(t));
    }
    values.push(result);
  }

  /** A window whose beginning is at an address; loaded once in a scope. */
  Value load(Addresses.Place start, Code.Var address, DType t, long bits) {
    return values.addresses.loaded(
        new Addresses.Window(start.region(), address, bits),
        () -> {
          Code.Var mask = null;
          if (bits != all()) {
            vectors.mask(bits);
            mask = code.save("mask", Form.lanes(DType.BOOL));
          }
          memory.loadLanes(t, lane.width(), () -> code.push(address), mask);
          return values.held("window", Form.lanes(t));
        });
  }
}
