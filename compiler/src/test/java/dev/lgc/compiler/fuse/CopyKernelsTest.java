package dev.lgc.compiler.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.algorithm.Axis;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphBuilder;
import dev.lgc.compiler.kernel.Kernel;
import dev.lgc.compiler.kernel.KernelVerifier;
import dev.lgc.compiler.kernel.Stage;
import dev.lgc.compiler.op.Fill;
import dev.lgc.compiler.op.Iota;
import dev.lgc.compiler.op.Op;
import dev.lgc.compiler.op.Stored;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Copies and fills reach every element, of tensors too that an int does not count. */
@Tag("pure")
class CopyKernelsTest {
  @Test
  void everyElementIsWrittenHoweverManyThereAre() {
    for (Shape s :
        List.of(
            Shape.SCALAR,
            Shape.of(1, 1),
            Shape.of(3, 4, 5),
            Shape.of(2, 2147483647),
            Shape.of(65536, 65536, 2), // wraps to nothing
            Shape.of(65537, 65537), // wraps to a small number
            Shape.of(8, 2147483647, 5, 5))) {
      check(new Fill(1, new TensorType(DType.F32, s)), s);
      check(new Stored("w", new TensorType(DType.F32, s)), s);
      if (s.rank() > 0) {
        check(new Iota(0, new TensorType(DType.I32, s)), s);
      }
    }
  }

  private static void check(Op op, Shape s) {
    GraphBuilder b = new GraphBuilder();
    Graph g = b.build("g", Map.of("y", b.add(op)), Map.of());
    Kernel k = CopyKernels.kernel(g.node(g.outputs().get("y")));
    assertEquals(List.of(), KernelVerifier.problems(k), s + "");
    assertEquals(s.elements(), Axis.positions(k.space()), s + "");
    Stage.Target.Store to = (Stage.Target.Store) k.stages().getLast().target();
    QuasiAffine at = QuasiAffine.of(to.index());
    assertEquals(0, at.min(), s + "");
    assertEquals(s.elements() - 1, at.max(), s + "");
  }
}
