package dev.lgc.compiler.emit.jvm;

import dev.lgc.dsl.type.DType;
import java.lang.classfile.CodeBuilder;
import java.util.Optional;

/** Loads whose lanes lie in a few {@link GatherWindows} of memory. */
final class WindowedGather {
  private final KernelMethod method;
  private final Addresses addresses;
  private final BoundsChecks checks;
  private final MethodCode code;
  private final CodeBuilder b;
  private final MemoryAccess memory;
  private final VectorFunctions vectors;
  private final Lane lane;

  /** For the lanes of a vector. */
  WindowedGather(KernelMethod method, Addresses addresses, Lane lane) {
    this.method = method;
    this.addresses = addresses;
    this.checks = new BoundsChecks(method);
    this.code = method.code;
    this.b = code.b;
    this.memory = method.memory;
    this.vectors = method.vectors;
    this.lane = lane;
  }

  /** All lanes, as bits. */
  long all() {
    return Lane.first(lane.width());
  }

  /** The windows that hold some lanes' elements, if they are few and wholly in memory. */
  Optional<GatherWindows> of(LanePattern at, long lanes, Addresses.Place place) {
    long elements = addresses.elements(place);
    if (lane.count() == null) {
      long active = lanes & Lane.first(lane.active());
      return active == 0 ? Optional.empty() : GatherWindows.of(at, active, elements);
    }
    // Of lanes that may count or not the first does, and with it what its window has.
    return lanes == all()
        ? GatherWindows.of(at, lanes, elements).filter(w -> w.isWithinMemory(at, elements))
        : Optional.empty();
  }

  /** Loads windows and puts each lane's element in its place; lanes that do not count get any. */
  void load(Addresses.Place place, DType t, GatherWindows windows) {
    Addresses.Place first = addresses.first(place);
    if (place.isDynamic()) {
      checks.check(first, addresses.compute(first), windows.first(), windows.last());
    }
    Operand result = null;
    for (int w = 0; w < windows.starts().size(); w++) {
      Addresses.Place start = first.plus(windows.starts().get(w));
      MethodCode.Var address = addresses.compute(start);
      method.push(load(start, address, t, windows.bits()));
      if (!windows.isInOrder(w)) {
        method.constants.rearrange(b, JvmTypes.vector(t), windows.places(w));
      }
      if (result != null) {
        Operand more = method.held("more", Form.lanes(t));
        method.push(result);
        method.push(more);
        vectors.mask(windows.lanes(w));
        vectors.blend(t);
      }
      result = method.held("lanes", Form.lanes(t));
    }
    method.push(result);
  }

  /** A window whose beginning is at an address; loaded once in a scope. */
  Operand load(Addresses.Place start, MethodCode.Var address, DType t, long bits) {
    return addresses.loaded(
        new Addresses.Window(start.region(), address, bits),
        () -> {
          MethodCode.Var mask = null;
          if (bits != all()) {
            vectors.mask(bits);
            mask = code.save("mask", Form.lanes(DType.BOOL));
          }
          memory.loadLanes(t, lane.width(), () -> code.push(address), mask);
          return method.held("window", Form.lanes(t));
        });
  }
}
