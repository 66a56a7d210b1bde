package dev.lgc.compiler.fuse;

import dev.lgc.compiler.algorithm.Scalar;
import dev.lgc.compiler.kernel.Buffer;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.Stage;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes one buffer of those that a call binds to the same memory, which a kernel may then read and
 * write.
 *
 * <p>In: {@code a0: b1[a0] = b0[a0] * 2}, with both buffers at one place in an arena. Out: {@code
 * a0: b0[a0] = b0[a0] * 2}.
 */
public final class MergeBuffers {
  private MergeBuffers() {}

  /**
   * The same call with one buffer wherever two are bound to the same memory.
   *
   * @param memory what each buffer is bound to
   */
  public static FusedCall of(FusedCall call, List<?> memory) {
    return memory.stream().distinct().count() == memory.size() ? call : merged(call, memory);
  }

  private static FusedCall merged(FusedCall call, List<?> memory) {
    Kernel k = call.kernel();
    int[] first = new int[memory.size()];
    List<Buffer> formal = new ArrayList<>(k.buffers());
    for (int i = 0; i < first.length; i++) {
      first[i] = memory.indexOf(memory.get(i));
      Buffer b = formal.get(first[i]);
      if (b.access() != k.buffers().get(i).access()) {
        formal.set(first[i], new Buffer(b.dtype(), b.elements(), Buffer.Access.READ_WRITE));
      }
    }
    List<Stage> stages = new ArrayList<>();
    for (Stage s : k.stages()) {
      Stage t = CoalesceLoops.rewrite(s, x -> renumber(x, first));
      if (t.target() instanceof Stage.Target.Store(int buffer, Scalar index)) {
        t =
            new Stage(
                new Stage.Target.Store(first[buffer], index),
                t.axes(),
                t.reduction(),
                t.reducer(),
                t.value(),
                t.bound());
      }
      stages.add(t);
    }
    return Canonical.of(
        new FusedCall(
            new Kernel(k.name(), formal, k.space(), stages),
            call.bindings(),
            call.stored(),
            call.origin(),
            call.label()));
  }

  private static Scalar renumber(Scalar s, int[] to) {
    Scalar t = s.withChildren(s.children().stream().map(c -> renumber(c, to)).toList());
    return t instanceof Scalar.Load l
        ? new Scalar.Load(to[l.operand()], l.dtype(), l.index(), l.guard(), l.otherwise())
        : t;
  }
}
