package dev.lgc.compiler.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lgc.compiler.emit.jvm.JvmFusion;
import dev.lgc.compiler.graph.Graph;
import dev.lgc.compiler.graph.GraphDump;
import dev.lgc.compiler.kernel.KernelDump;
import dev.lgc.compiler.op.Exp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The dumps in the package's tour are what fusion makes of its examples. {@code
 * -Dlgc.update-goldens=true} rewrites them.
 */
@Tag("pure")
final class PackageTourTest {
  private static final Path TOUR = Path.of("src/main/java/dev/lgc/compiler/fuse/package-info.java");

  private static final Pattern DUMP =
      Pattern.compile("( \\* <pre>\\{@code\n)(.*?)( \\* \\}</pre>\n)", Pattern.DOTALL);

  @Test
  void everyDumpIsWhatFusionMakesOfTheExample() throws IOException {
    Steps norm = new Steps(normAndProjection());
    Steps attention = new Steps(attention());
    List<String> expected =
        List.of(
            GraphDump.dump(norm.graph),
            regions(norm.regions),
            calls(norm.built.subList(0, 1)),
            calls(attention.built),
            calls(attention.joined),
            calls(norm.kernels));
    if (Boolean.getBoolean("lgc.update-goldens")) {
      update(expected);
    }
    Matcher m = DUMP.matcher(Files.readString(TOUR));
    List<String> shown = m.results().map(r -> r.group(2).replaceAll("(?m)^ \\* ?", "")).toList();
    assertEquals(String.join("\n", expected), String.join("\n", shown));
  }

  @Test
  void clustersLeaveTheNormAndTheProjectionAsTheyAre() {
    Steps norm = new Steps(normAndProjection());
    assertEquals(norm.built, norm.joined);
  }

  @Test
  void theNormsOfTwoLayersAreOneKernel() {
    Blocks n = new Blocks();
    int x = n.input("x", 2, 4, 64);
    for (int i = 0; i < 2; i++) {
      x = n.linear("layers." + i, n.rmsNorm("layers." + i + ".norm", x), 64);
    }
    Steps s = new Steps(n.primitives("layers", Map.of("y", x), Map.of()));
    assertEquals(4, s.kernels.size());
    assertEquals(2, s.kernels.stream().map(FusedCall::kernel).distinct().count());
  }

  /** Fusion's results step by step, as {@link Fuser} takes the steps. */
  private static final class Steps {
    final Graph graph;
    final List<Region> regions;
    final List<FusedCall> built;
    final List<FusedCall> joined;
    final List<FusedCall> kernels;

    Steps(Graph graph) {
      this.graph = graph;
      int[] base = Fuser.bases(graph);
      LiveOut liveOut = LiveOut.of(graph, base);
      NodeAnalysis analysis = new NodeAnalysis(graph, JvmFusion.LIMITS);
      KernelDeduplicator deduplicator = new KernelDeduplicator(analysis, base);
      regions = Partition.of(analysis, liveOut).reversed();
      built = regions.stream().map(deduplicator::call).toList();
      joined = ClusterSearch.of(analysis, built, liveOut);
      kernels = joined.stream().map(deduplicator::cleaned).toList();
      assertEquals(
          Fuser.fuse(graph, liveOut, JvmFusion.LIMITS).stream().collect(Collectors.toSet()),
          kernels.stream().collect(Collectors.toSet()));
    }
  }

  private static Graph normAndProjection() {
    Blocks n = new Blocks();
    int x = n.input("x", 2, 4, 64);
    int y = n.linear("proj", n.rmsNorm("norm", x), 128);
    return n.primitives("project", Map.of("y", y), Map.of());
  }

  private static Graph attention() {
    Blocks n = new Blocks();
    int q = n.input("q", 8, 64, 16);
    int k = n.input("k", 8, 64, 16);
    int v = n.input("v", 8, 64, 16);
    int weights = n.b.add(new Exp(), n.b.contract("bid,bjd->bij", q, k));
    int y = n.b.contract("bij,bjd->bid", weights, v);
    return n.primitives("attention", Map.of("y", y), Map.of());
  }

  private static String regions(List<Region> regions) {
    return regions.stream().map(Region::toString).collect(Collectors.joining());
  }

  private static String calls(List<FusedCall> calls) {
    return calls.stream().map(PackageTourTest::call).collect(Collectors.joining());
  }

  private static String call(FusedCall c) {
    String bound =
        IntStream.range(0, c.bindings().size())
            .mapToObj(i -> "b" + i + " = %" + c.bindings().get(i))
            .collect(Collectors.joining(", "));
    return KernelDump.dump(c.kernel()) + "bound to " + bound + "\n";
  }

  private static void update(List<String> dumps) throws IOException {
    List<String> left = new ArrayList<>(dumps);
    Files.writeString(
        TOUR,
        DUMP.matcher(Files.readString(TOUR))
            .replaceAll(
                (MatchResult r) ->
                    Matcher.quoteReplacement(
                        r.group(1) + commented(left.removeFirst()) + r.group(3))));
  }

  private static String commented(String text) {
    return text.lines().map(l -> (" * " + l).stripTrailing() + "\n").collect(Collectors.joining());
  }
}
