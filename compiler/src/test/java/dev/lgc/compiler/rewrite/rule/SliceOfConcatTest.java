package dev.lgc.compiler.rewrite.rule;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class SliceOfConcatTest extends RuleTest {
  SliceOfConcatTest() {
    super(new SliceOfConcat());
  }

  @Test
  void aSliceWithinOnePartIsTheSliceOfThatPart() {
    rewrites(
        x -> b.slice(b.concat(1, constant(1), x), 1, 4, 6),
        "%0 = input x : [2, 3]\n%1 = slice 1 1 3 %0 : [2, 2]\noutput y = %1");
  }

  @Test
  void aSliceAcrossPartsOrAnotherAxisStays() {
    leaves(x -> b.slice(b.concat(1, constant(1), x), 1, 2, 4));
    leaves(x -> b.slice(b.concat(1, constant(1), x), 0, 0, 1));
  }
}
