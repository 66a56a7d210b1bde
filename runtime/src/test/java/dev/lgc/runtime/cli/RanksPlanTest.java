package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.runtime.Golden;
import dev.lgc.runtime.train.TinyRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

/** The plan of training on several ranks. */
@Tag("backend")
final class RanksPlanTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path dir;

  private static Cli.Result plan(String model, String... more) {
    List<String> words = new ArrayList<>(List.of("plan", TinyRuns.arch(), "-m", model));
    words.addAll(List.of("--limits", "100,10"));
    words.addAll(List.of(more));
    return Cli.run(words.toArray(String[]::new));
  }

  private static String said(String model, String... more) {
    Cli.Result r = plan(model, more);
    assertEquals(0, r.code(), r.err());
    return r.out();
  }

  private static JsonNode json(String model, String... more) throws IOException {
    List<String> words = new ArrayList<>(List.of(more));
    words.add("--json");
    return JSON.readTree(said(model, words.toArray(String[]::new)));
  }

  private static JsonNode strategy(JsonNode report, String name) {
    for (JsonNode s : report.get("strategies")) {
      if (s.get("name").asText().equals(name)) {
        return s;
      }
    }
    throw new AssertionError(report);
  }

  private String run(String settings) throws IOException {
    Path file = dir.resolve("run.yaml");
    Files.writeString(
        file,
        "model: {arch: \""
            + TinyRuns.arch()
            + "\", name: TinyTokenizer}\n"
            + "data: {kind: drawn, count: 40}\n"
            + "checkpoint: {dir: out}\nsteps: 2\n"
            + settings);
    return file.toString();
  }

  @Test
  void theReportSaysWhatIsComputedSentAndWaitedFor() {
    Golden.check(
        "plan/generator-on-2.txt",
        said("TinyGenerator", "-b", "8", "--ranks", "2", "--link", "1,10"));
    Golden.check(
        "plan/tokenizer-on-16.txt",
        said("TinyTokenizer", "-b", "32", "--ranks", "16", "--hosts", "4"));
    Golden.check("plan/generator-on-1.txt", said("TinyGenerator", "-b", "8", "--ranks", "1"));
  }

  @Test
  void theStepIsNoLessThanEachLaneAndNoMoreThanBoth() throws IOException {
    for (String link : List.of("0.001,1", "0.1,10", "10,0", "10,1000")) {
      JsonNode step = json("TinyTokenizer", "-b", "8", "--ranks", "4", "--link", link).get("step");
      double seconds = step.get("seconds").asDouble();
      double computing = step.get("computing_seconds").asDouble();
      double collectives = step.get("collective_seconds").asDouble();
      assertTrue(seconds >= Math.max(computing, collectives) - 1e-12, step::toString);
      assertTrue(seconds <= computing + collectives + 1e-12, step::toString);
      assertEquals(computing / seconds, step.get("efficiency").asDouble(), 1e-9);
    }
  }

  /** Every parameter's gradient is in one collective, whatever the number of ranks. */
  @Test
  void gradientsAreSentOnceAStep() throws IOException {
    for (int ranks : new int[] {2, 8, 1024}) {
      JsonNode r =
          json(
              "TinyGenerator",
              "-b",
              "1024",
              "--ranks",
              String.valueOf(ranks),
              "--link",
              "1000,1000");
      JsonNode all = strategy(r, "data-parallel").get("collectives");
      assertEquals(1, all.size(), all::toString);
      assertEquals("all-reduce", all.get(0).get("op").asText());
      assertEquals(ranks, all.get(0).get("ranks").asInt());
      assertEquals(4 * r.get("parameters").asLong(), all.get(0).get("bytes").asLong());
      assertEquals(1024 / ranks, r.get("samples_of_a_rank").asInt());
    }
  }

  @Test
  void theFastestStrategyIsTaken() throws IOException {
    String[] slow = {"-b", "64", "--ranks", "2", "--link", "0.0001,1000"};
    JsonNode alone = json("TinyGenerator", slow);
    assertNotEquals("one process", alone.get("strategy").asText(), "ranks are described still");
    assertFalse(strategy(alone, "data-parallel").get("taken").asBoolean());
    assertTrue(strategy(alone, "one process").get("taken").asBoolean());
    assertTrue(said("TinyGenerator", slow).contains("one process: taken, as the fastest"));
    JsonNode shared = json("TinyGenerator", "-b", "1024", "--ranks", "2", "--link", "1000,0");
    String taken = shared.get("strategy").asText();
    assertTrue(strategy(shared, taken).get("taken").asBoolean(), shared.toString());
    double both = strategy(shared, taken).get("seconds").asDouble();
    double one = strategy(shared, "one process").get("seconds").asDouble();
    assertTrue(one > 1.5 * both, one + " s of one process, " + both + " s of two");
  }

  @Test
  void whatDoesNotFitIsSaidWithByHowMuch() throws IOException {
    JsonNode r = json("TinyGenerator", "-b", "8", "--ranks", "2");
    long two = strategy(r, "data-parallel").get("bytes_of_a_rank").asLong();
    long one = strategy(r, "one process").get("bytes_of_a_rank").asLong();
    assertTrue(one > two, "a tree over shards takes memory");
    Cli.Result none = plan("TinyGenerator", "-b", "8", "--ranks", "2", "--memory", "2kB");
    assertEquals(1, none.code());
    assertTrue(none.err().contains("on 2 ranks does not fit into 2.00 kB"), none.err());
    assertTrue(none.err().contains("data-parallel takes at least"), none.err());
    assertTrue(none.err().contains("one process takes at least"), none.err());
    String some = two + "B";
    String said = said("TinyGenerator", "-b", "8", "--ranks", "2", "--memory", some);
    assertFalse(said.contains("data-parallel: not taken, as it does not fit"), said);
    assertTrue(said.contains("one process: not taken, as it does not fit: needs at least"), said);
  }

  @Test
  void aRunIsPlannedWithItsShardsAndMicroBatches() throws IOException {
    String run = run("batch: 16\nshards: 4\nmicro_batches: 2\n");
    Cli.Result r = Cli.run("plan", run, "--ranks", "2", "--limits", "100,10");
    assertEquals(0, r.code(), r.err());
    assertTrue(r.out().contains("batch 16 on 2 ranks: 8 samples for each rank"), r.out());
    assertTrue(r.out().contains("`shards: 4`, `micro_batches: 2`"), r.out());
    assertTrue(r.out().contains("tokenizer.combine1"), "the sum of two shards is exchanged");
    String every = Cli.run("plan", run("batch: 16\nmicro_batches: 4\n"), "--ranks", "4").out();
    assertTrue(every.contains("tokenizer.reduce"), every);
    Cli.Result odd = Cli.run("plan", run("batch: 12\n"), "--ranks", "8");
    assertEquals(1, odd.code());
    assertTrue(odd.err().contains("`batch` cannot be cut into a shard for each of 8"), odd.err());
    Cli.Result small = Cli.run("plan", run("batch: 8\nmemory: 1kB\n"), "--ranks", "2");
    assertEquals(1, small.code());
    assertTrue(small.err().contains("does not fit into `memory`"), small.err());
  }

  @Test
  void theScheduleIsDrawnForBothSchemesOfColours() throws Exception {
    Path file = dir.resolve("schedule.svg");
    said("TinyTokenizer", "-b", "8", "--ranks", "4", "--out", file.toString());
    Document svg = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
    assertEquals("svg", svg.getDocumentElement().getTagName());
    String text = Files.readString(file);
    for (String part :
        List.of("computation", "communication", "prefers-color-scheme: dark", "class=\"sent\"")) {
      assertTrue(text.contains(part), part);
    }
    assertFalse(text.contains("href"), "nothing is outside the file");
  }

  @Test
  void whatCannotBePlannedIsRefusedByName() {
    Map<List<String>, String> refused =
        Map.of(
            List.of("--ranks", "3"), "a power of two",
            List.of("--ranks", "2048"), "--ranks 2048 is out of range",
            List.of("--ranks", "8", "--hosts", "3"), "--ranks 8 with --hosts 3",
            List.of("--ranks", "16"), "--batch 8 on 16 ranks; expected a multiple of 16",
            List.of("--ranks", "2", "--link", "fast"), "--link fast",
            List.of("--hosts", "2"), "--hosts without --ranks",
            List.of("--link", "1,1"), "--link without --ranks",
            List.of("--ranks", "2", "--out", "a.png"), "--out a.png; expected a name that ends",
            List.of("--ranks", "2", "--for", "inference", "--out", "a.svg"),
                "--out with --for inference",
            List.of("--ranks", "2", "--dump=memory"), "--dump with --ranks");
    Cli.Result within = plan("TinyGenerator", "--ranks", "2", "--link-within", "1,1");
    assertTrue(within.err().contains("--link-within with one host"), within.err());
    refused.forEach(
        (words, message) -> {
          Cli.Result r = plan("TinyGenerator", words.toArray(String[]::new));
          assertEquals(1, r.code(), words::toString);
          String line = r.err().replaceAll("\\s*\n\\s*(expected|hint) *", "; $1 ");
          assertTrue(line.contains(message), () -> words + ": " + line);
          assertEquals("", r.out());
        });
  }

  @Test
  void inferenceInPartsTakesAPartOfTheMemoryAndSaysWhatRanksExchange() throws IOException {
    JsonNode one = json("TinyGenerator", "--for", "inference").get("inference");
    JsonNode two = json("TinyGenerator", "--for", "inference", "--ranks", "2");
    JsonNode rank = two.get("inference");
    double parameters = rank.at("/arena_bytes/parameters").asDouble();
    assertTrue(parameters < 0.6 * one.at("/arena_bytes/parameters").asDouble(), rank.toString());
    assertEquals(one.get("cache_bytes").asLong(), 2 * rank.get("cache_bytes").asLong());
    JsonNode whole = two.get("whole");
    assertTrue(whole.get("collectives").asLong() > 0, whole.toString());
    assertTrue(
        whole.get("seconds").asDouble() > whole.get("collective_seconds").asDouble(),
        whole.toString());
    String text = said("TinyGenerator", "--for", "inference", "--ranks", "2");
    assertTrue(text.contains("on 2 ranks, each with a part of the model"), text);
    assertTrue(text.contains("step with them"), text);
    Cli.Result small =
        plan("TinyGenerator", "--for", "inference", "--ranks", "2", "--memory", "1KiB");
    assertEquals(1, small.code());
    assertTrue(small.err().contains("does not fit into"), small.err());
  }
}
