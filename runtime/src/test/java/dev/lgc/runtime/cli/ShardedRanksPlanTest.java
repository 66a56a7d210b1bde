package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.compiler.pipeline.Request;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.model.ModelRequests;
import dev.lgc.runtime.model.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The plan of training on ranks that hold parameters together. */
@Tag("backend")
final class ShardedRanksPlanTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LAYERS = 8;
  private static final int DIM = 2560;

  /** Bytes of a layer: just more than is gathered at a time. */
  private static final long LAYER = 4L * DIM * DIM;

  private static final String SOURCE =
      """
      block Layer(dim: int) {
        param w: [dim, dim] = normal(0.1)
        forward(x: [*, dim]) -> [*, dim] = silu(linear(x, w))
      }

      model Equal(dim: int = %d) {
        layer = [Layer(dim) for i in 0..%d]
        objective fit(x: [b, dim]) {
          let y = x
          for l in layer { y = l(y) }
          minimize mean(y * y)
        }
      }
      """;

  @TempDir private Path dir;
  private Path arch;

  @BeforeEach
  void write() throws IOException {
    arch = Files.writeString(dir.resolve("equal.arch"), Text.format(SOURCE, DIM, LAYERS));
  }

  private Cli.Result plan(String... more) {
    List<String> words = new ArrayList<>(List.of("plan", arch.toString(), "-m", "Equal"));
    words.addAll(List.of("--limits", "100000,1000"));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  private JsonNode json(String... more) throws IOException {
    List<String> words = new ArrayList<>(List.of(more));
    words.add("--json");
    Cli.Result r = plan(words.toArray(String[]::new));
    assertEquals(0, r.code(), r.err());
    return JSON.readTree(r.out());
  }

  /** By name. */
  private static Map<String, JsonNode> strategies(JsonNode report) {
    Map<String, JsonNode> all = new HashMap<>();
    report.get("strategies").forEach(s -> all.put(s.get("name").asText(), s));
    return all;
  }

  private static JsonNode collectives(JsonNode strategy, String op) {
    for (JsonNode c : strategy.get("collectives")) {
      if (c.get("op").asText().equals(op) && c.get("step").asText().equals("fit.gradients")) {
        return c;
      }
    }
    throw new AssertionError(op + " in " + strategy);
  }

  /**
   * Every layer is gathered for the forward part, and again for the backward part: but the last
   * two, which are still there, and the first, of whose input no gradient is taken.
   */
  private static final long GATHERED = (2 * LAYERS - 3) * LAYER;

  @Test
  void parametersAreGatheredTwiceAndGradientsScatteredOnce() throws IOException {
    for (int ranks : new int[] {4, 64}) {
      JsonNode sharded = strategies(json("-b", "64", "--ranks", "" + ranks)).get("fully sharded");
      JsonNode gathers = collectives(sharded, "all-gather");
      JsonNode scatters = collectives(sharded, "reduce-scatter");
      assertEquals(ranks, sharded.get("group").asInt());
      assertEquals(GATHERED, gathers.get("bytes").asLong());
      assertEquals(GATHERED / ranks * (ranks - 1), gathers.get("sent_bytes").asLong());
      assertEquals(LAYERS * LAYER, scatters.get("bytes").asLong());
      assertEquals(LAYERS * LAYER / ranks * (ranks - 1), scatters.get("sent_bytes").asLong());
    }
  }

  @Test
  void theRanksOfAHostAreAGroupWhoseGradientsGroupsAddUp() throws IOException {
    JsonNode r = json("-b", "64", "--ranks", "16", "--hosts", "4");
    JsonNode hybrid = strategies(r).get("hybrid, groups of 4");
    assertEquals(GATHERED, collectives(hybrid, "all-gather").get("bytes").asLong());
    assertEquals(4, collectives(hybrid, "all-gather").get("ranks").asInt());
    JsonNode sums = collectives(hybrid, "all-reduce");
    assertEquals(4, sums.get("ranks").asInt());
    assertEquals(4, sums.get("stride").asInt());
    assertEquals(LAYERS * LAYER / 4, sums.get("bytes").asLong());
    assertEquals(2 * LAYERS * LAYER / 4 / 4 * 3, sums.get("sent_bytes").asLong());
  }

  @Test
  void memoryIsThatOfThePlanWhichRanksRun() throws IOException {
    JsonNode r = json("-b", "16", "--ranks", "8", "--hosts", "2");
    CheckedModel model =
        Language.load(arch.toString()).get().elaborate("Equal", Map.of(), Map.of("b", 2)).get();
    for (JsonNode s : r.get("strategies")) {
      if (s.has("group") && s.get("compiled").asBoolean()) {
        List<Request> requests = new ArrayList<>(ModelRequests.training(model, false));
        requests.add(new Request.Sharding(8, 8, s.get("group").asInt()));
        ExecutionPlan plan = Models.plan(model, requests);
        assertEquals(plan.totalBytes(), s.get("bytes_of_a_rank").asLong(), s.get("name").asText());
      }
    }
  }

  /** What is not compiled, as it is slower, is about as fast as if it were, and no larger. */
  @Test
  void estimatesAreThoseOfAPlan() throws IOException {
    String[] hosts = {"-b", "64", "--ranks", "16", "--hosts", "4", "--link", "10,100"};
    JsonNode about = strategies(json(hosts)).get("fully sharded");
    assertFalse(about.get("compiled").asBoolean(), about.toString());
    long hybrid =
        strategies(json(hosts)).get("hybrid, groups of 4").get("bytes_of_a_rank").asLong();
    List<String> words = new ArrayList<>(List.of(hosts));
    words.addAll(List.of("--memory", hybrid - 1 + "B"));
    JsonNode real = strategies(json(words.toArray(String[]::new))).get("fully sharded");
    assertTrue(real.get("compiled").asBoolean(), real.toString());
    double seconds = real.get("seconds").asDouble();
    assertEquals(seconds, about.get("seconds").asDouble(), 0.02 * seconds);
    long bytes = real.get("bytes_of_a_rank").asLong();
    long most = about.get("bytes_of_a_rank").asLong();
    assertTrue(bytes <= most && most <= 1.5 * bytes, most + " for " + bytes);
  }

  @Test
  void aStrategyIsTakenThatFitsAndOthersSayWhatTheyNeed() throws IOException {
    JsonNode free = json("-b", "32", "--ranks", "8", "--link", "1000,0");
    long replicated = strategies(free).get("data-parallel").get("bytes_of_a_rank").asLong();
    long sharded = strategies(free).get("fully sharded").get("bytes_of_a_rank").asLong();
    assertTrue(replicated > 2 * sharded, replicated + ", " + sharded);
    JsonNode some = json("-b", "32", "--ranks", "8", "--memory", sharded + "B");
    assertEquals("fully sharded", some.get("strategy").asText());
    JsonNode other = strategies(some).get("data-parallel");
    assertEquals(replicated - sharded, other.get("bytes_too_many").asLong());
    String said = plan("-b", "32", "--ranks", "8", "--memory", sharded + "B").out();
    assertTrue(said.contains("fully sharded: taken, as the fastest that fits"), said);
    assertTrue(said.contains("data-parallel: not taken, as it does not fit: needs"), said);
  }

  /** Where data-parallel takes too much, as few ranks as fit hold parameters together. */
  @Test
  void otherGroupSizesArePlannedWhereTheyDecide() throws IOException {
    JsonNode free = json("-b", "32", "--ranks", "8", "--link", "10,100");
    long replicated = strategies(free).get("data-parallel").get("bytes_of_a_rank").asLong();
    JsonNode r =
        json("-b", "32", "--ranks", "8", "--link", "10,100", "--memory", replicated - 1 + "B");
    assertTrue(r.get("strategy").asText().startsWith("hybrid, groups of "), r.toString());
    assertTrue(r.get("step").get("efficiency").asDouble() > 0);
  }
}
