package dev.lgc.compiler.emit.jvm;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.dsl.type.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The def-use chains of a kernel's locals: the stage that writes each, and those that read it. */
final class LocalDefUse {
  private final Kernel kernel;

  /** By local: the stage that writes it. */
  private final Map<Integer, Integer> writers = new HashMap<>();

  /** By stage: the locals it reads. */
  private final List<List<Scalar.Local>> reads = new ArrayList<>();

  LocalDefUse(Kernel kernel) {
    this.kernel = kernel;
    for (int i = 0; i < kernel.stages().size(); i++) {
      Stage s = kernel.stages().get(i);
      int stage = i;
      local(s.target()).ifPresent(n -> writers.put(n, stage));
      List<Scalar.Local> found = new ArrayList<>();
      Set<Scalar> seen = Collections.newSetFromMap(new IdentityHashMap<>());
      locals(s.value(), found, seen);
      if (s.target() instanceof Stage.Target.Store t) {
        locals(t.index(), found, seen);
      }
      reads.add(found);
    }
  }

  private static void locals(Scalar s, List<Scalar.Local> found, Set<Scalar> seen) {
    if (seen.add(s)) {
      if (s instanceof Scalar.Local l) {
        found.add(l);
      }
      s.children().forEach(c -> locals(c, found, seen));
    }
  }

  Kernel kernel() {
    return kernel;
  }

  Stage stage(int number) {
    return kernel.stages().get(number);
  }

  /** The number of the stage that writes a local. */
  int writer(int local) {
    return writers.get(local);
  }

  /** The stage that writes a local. */
  Stage definition(int local) {
    return stage(writer(local));
  }

  /** The locals that a stage reads. */
  List<Scalar.Local> reads(int stage) {
    return Collections.unmodifiableList(reads.get(stage));
  }

  /** Returns true if a local is written by one of some stages and read by no others. */
  boolean isWithin(int local, List<Integer> stages) {
    if (!stages.contains(writer(local))) {
      return false;
    }
    for (int i = 0; i < reads.size(); i++) {
      if (!stages.contains(i) && reads.get(i).stream().anyMatch(l -> l.number() == local)) {
        return false;
      }
    }
    return true;
  }

  /** The local that a stage with a target writes. */
  static Optional<Integer> local(Stage.Target target) {
    return switch (target) {
      case Stage.Target.Local l -> Optional.of(l.number());
      case Stage.Target.Scratch l -> Optional.of(l.number());
      case Stage.Target.Store _ -> Optional.empty();
    };
  }

  /** The type of the local that a stage writes. */
  static DType type(Stage s) {
    return switch (s.target()) {
      case Stage.Target.Local l -> l.dtype();
      case Stage.Target.Scratch l -> l.dtype();
      case Stage.Target.Store t -> throw new IllegalArgumentException(t.toString());
    };
  }
}
