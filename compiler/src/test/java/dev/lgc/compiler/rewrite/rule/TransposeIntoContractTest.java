package dev.lgc.compiler.rewrite.rule;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
final class TransposeIntoContractTest extends RuleTest {
  TransposeIntoContractTest() {
    super(new TransposeIntoContract());
  }

  @Test
  void transposedOperandsAreRelabelled() {
    rewrites(
        x -> b.contract("ik,kj->ij", b.transpose(x, 1, 0), x),
        "%0 = input x : [2, 3]\n%1 = contract ki,kj->ij %0 %0 : [3, 3]\noutput y = %1");
    rewrites(
        x -> b.contract("ik,kj->ij", x, b.transpose(x, 1, 0)),
        "%0 = input x : [2, 3]\n%1 = contract ik,jk->ij %0 %0 : [2, 2]\noutput y = %1");
  }
}
