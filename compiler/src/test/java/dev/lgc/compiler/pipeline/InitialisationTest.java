package dev.lgc.compiler.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.compiler.emit.interp.Interpreter;
import dev.lgc.compiler.emit.interp.Precision;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.Verifier;
import dev.lgc.dsl.model.SourcePlace;
import dev.lgc.dsl.model.Storage;
import dev.lgc.dsl.type.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("backend")
class InitialisationTest {
  private static Storage parameter(String path, Storage.Init init) {
    TensorType type = TensorType.f32(200, 50);
    return new Storage(path, Storage.Role.PARAMETER, type, init, SourcePlace.NONE);
  }

  private static Map<String, double[]> run(List<Storage> storage, Set<String> averaged) {
    Graph g = Verifier.verified(Initialisation.derive(storage, averaged, s -> Optional.empty()));
    Map<String, double[]> inputs = Map.of("key", new double[] {7, 0, 0, 0});
    return Interpreter.run(g, Precision.AS_TYPED, inputs, Map.of()).updates();
  }

  @Test
  void valuesHaveTheDeclaredDistribution() {
    Map<String, double[]> first =
        run(
            List.of(
                parameter("n", new Storage.Init.Normal(1, 0.5)),
                parameter("u", new Storage.Init.Uniform(-2, 4)),
                parameter("c", new Storage.Init.Constant(3))),
            Set.of("n"));
    double mean = Arrays.stream(first.get("n")).average().orElseThrow();
    double square = Arrays.stream(first.get("n")).map(x -> (x - mean) * (x - mean)).sum();
    assertEquals(1, mean, 0.02);
    assertEquals(0.5, Math.sqrt(square / first.get("n").length), 0.02);
    assertEquals(1, Arrays.stream(first.get("u")).average().orElseThrow(), 0.06);
    assertTrue(Arrays.stream(first.get("u")).allMatch(x -> x >= -2 && x < 4));
    assertTrue(Arrays.stream(first.get("c")).allMatch(x -> x == 3));
    assertArrayEquals(first.get("n"), first.get("average:n"));
  }

  @Test
  void aTensorsValuesDependOnItsPathAlone() {
    Storage a = parameter("layers.0.weight", new Storage.Init.Normal(0, 1));
    Storage other = parameter("layers.1.weight", new Storage.Init.Normal(0, 1));
    Map<String, double[]> both = run(List.of(other, a), Set.of());
    double[] alone = run(List.of(a), Set.of()).get("layers.0.weight");
    assertArrayEquals(alone, both.get("layers.0.weight"));
    assertNotEquals(alone[0], both.get("layers.1.weight")[0]);
  }

  @Test
  void numbersOfStreamsAreNeverNegative() {
    for (int i = 0; i < 100; i++) {
      assertTrue(Initialisation.stream("layers." + i + ".weight") >= 0);
    }
  }
}
