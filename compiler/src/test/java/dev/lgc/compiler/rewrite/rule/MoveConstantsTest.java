package dev.lgc.compiler.rewrite.rule;

import dev.lgc.compiler.algorithm.Reducer;
import dev.lgc.compiler.op.Pad;
import dev.lgc.dsl.type.Shape;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class MoveConstantsTest extends RuleTest {
  MoveConstantsTest() {
    super(new MoveConstants());
  }

  @Test
  void aConstantThatIsMovedIsTheConstantInTheNewShape() {
    rewrites(x -> b.transpose(constant(6), 1, 0), "%0 = fill 6.0 : [3, 2]\noutput y = %0");
    rewrites(
        x -> b.broadcast(constant(6), Shape.of(4, 2, 3)),
        "%0 = fill 6.0 : [4, 2, 3]\noutput y = %0");
  }

  @Test
  void theSumOfAConstantIsItsMultiple() {
    rewrites(x -> b.sum(constant(2), List.of(1)), "%0 = fill 6.0 : [2]\noutput y = %0");
    rewrites(
        x -> b.reduce(Reducer.MAX, constant(2), List.of(1)), "%0 = fill 2.0 : [2]\noutput y = %0");
  }

  @Test
  void paddingWithAnotherNumberStays() {
    leaves(x -> b.add(new Pad(List.of(0, 1), List.of(0, 0), 5), constant(2)));
    leaves(x -> b.concat(0, constant(1), constant(2)));
  }
}
