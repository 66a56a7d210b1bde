package dev.lgc.compiler.emit.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is planned without the Vector API is planned for the vectors that run it. */
@Tag("pure")
final class HostVectorsTest {
  @Test
  void theJvmSaysWhatTheVectorApiSays() {
    assertEquals(VectorShape.preferredShape().vectorBitSize(), HostVectors.askedBits());
    assertEquals(FloatVector.SPECIES_PREFERRED.length(), HostVectors.lanes());
  }
}
