package dev.lgc.runtime.fuzz;

import static org.junit.jupiter.api.Assertions.fail;

import dev.lgc.dsl.check.Language;
import dev.lgc.dsl.diagnostic.Outcome;
import dev.lgc.dsl.model.CheckedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Texts that are nearly models: each is refused with diagnostics, or becomes a plan whose kernels
 * can all be made. Never an exception, and never an end that does not come. {@code
 * -Dlgc.fuzz.seconds=3600} goes on for an hour, {@code -Dlgc.fuzz.seed} repeats.
 */
@Tag("backend")
final class LanguageFuzzTest {
  private static final Pattern TOKEN =
      Pattern.compile("//[^\\n]*|\"[^\"\\n]*\"|[A-Za-z_][A-Za-z_0-9]*|[0-9]+[.0-9e]*|\\s+|.");

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-1",
          "1",
          "2",
          "3",
          "7",
          "1.5",
          "-0.0",
          "inf",
          "-inf",
          "2147483647",
          "2147483648",
          "-2147483648",
          "1099511627776",
          "9223372036854775807",
          "(-9223372036854775807 - 1)",
          "1e308",
          "1e-45",
          "none",
          "true",
          "[]",
          "[1]",
          "len([])",
          "b",
          "b * b",
          "b / 3");

  /** Most elements of all values of a text that is planned. */
  private static final long MOST = 300_000;

  private final long seed = Long.getLong("lgc.fuzz.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @Test
  void everyTextIsRefusedOrCompiled() throws IOException {
    List<String> texts = texts();
    long seconds = Long.getLong("lgc.fuzz.seconds", 0);
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    int compiled = 0;
    for (int i = 0; i < 300 || System.nanoTime() < end; i++) {
      String text = texts.get(random.nextInt(texts.size()));
      for (int n = random.nextInt(3); n >= 0; n--) {
        text = changed(text, texts.get(random.nextInt(texts.size())));
      }
      try {
        compiled += run(text) ? 1 : 0;
      } catch (Throwable e) {
        fail("seed " + seed + ", text " + i + ":\n" + text, e);
      }
    }
    System.out.println("language fuzz: seed " + seed + ", " + compiled + " compiled");
    if (compiled == 0) {
      fail("nothing was compiled: the changes are too wild, seed " + seed);
    }
  }

  private static List<String> texts() throws IOException {
    List<String> all = new ArrayList<>();
    for (String folder : List.of("src/test/resources/needs", "../dsl/src/test/resources/bad")) {
      try (Stream<Path> files = Files.list(Path.of(folder))) {
        for (Path p : files.filter(f -> f.toString().endsWith(".arch")).sorted().toList()) {
          all.add(Files.readString(p));
        }
      }
    }
    // What compiles stands for half of the texts.
    String good = Files.readString(Path.of("src/test/resources/needs/uncached-step.arch"));
    List<String> sound = List.of(good, good.replace("seen(x)", ATTENTION), SMALL);
    int more = all.size() / sound.size();
    for (int i = 0; i < more; i++) {
      all.addAll(sound);
    }
    return all;
  }

  private static final String ATTENTION =
      "attend(x, x, x, heads: 2, kv_heads: 1 + 1, mask: causal)";

  private static final String SMALL =
      """
      import "nn.arch"

      model Small(image: int = 8, ch: int = 4) {
        conv = Conv2d(3, ch, 3, stride: 2, padding: 1)
        norm = GroupNorm(ch, groups: 2)
        back = Conv2d(ch, 3, 3, padding: 1)
        buffer seen: [6] = constant(-1.0)
        forward encode(x: [b, 3, image, image]) -> [b, ch, image / 2, image / 2] =
          silu(norm(conv(x)))
        objective fit(images: [b, 3, image, image]) {
          let y = back(upsample_nearest(encode(images), 2))
          let kept = min(b * 3, 6)
          let m = reshape(mean(y, axis: [2, 3]), [b * 3])
          update seen = concat([seen[kept:], m[b * 3 - kept:]], axis: 0)
          report spread = mean(seen * seen)
          minimize l2_loss(y, images) + 0.1 * mean(max_pool2d(y, 2))
        }
      }
      """;

  /** Checks a text, and compiles it if it is sound and small; whether it was compiled. */
  private boolean run(String text) {
    Outcome<Language> file = Language.parse("fuzz.arch", text);
    if (!file.isOk() || !file.get().check().isEmpty()) {
      return false;
    }
    boolean compiled = false;
    for (String name : file.get().models()) {
      int batch = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
      Outcome<CheckedModel> model = file.get().elaborate(name, Map.of(), Map.of("b", batch));
      if (model.isOk() && Lowering.elements(model.get()) < MOST) {
        Lowering.of(model.get(), random.nextBoolean());
        compiled = true;
      }
    }
    return compiled;
  }

  private String changed(String text, String other) {
    List<String> t = tokens(text);
    if (t.isEmpty()) {
      return text;
    }
    int at = random.nextInt(t.size());
    switch (random.nextInt(9)) {
      case 0 -> t.remove(at);
      case 1 -> t.add(at, t.get(random.nextInt(t.size())));
      case 2 -> t.set(at, tokens(other).get(random.nextInt(tokens(other).size())));
      case 3 -> t.add(at, "[" + number() + ":" + number() + "]");
      case 4 -> {
        String[] lines = text.split("\n");
        lines[random.nextInt(lines.length)] = lines[random.nextInt(lines.length)];
        return String.join("\n", lines);
      }
      default -> {
        // Mostly a number, which is what sizes, axes and indices are.
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < t.size(); i++) {
          if (Character.isDigit(t.get(i).charAt(0))) {
            numbers.add(i);
          }
        }
        if (!numbers.isEmpty()) {
          t.set(numbers.get(random.nextInt(numbers.size())), number());
        }
      }
    }
    return String.join("", t);
  }

  private String number() {
    return NUMBERS.get(random.nextInt(NUMBERS.size()));
  }

  private static List<String> tokens(String text) {
    List<String> all = new ArrayList<>();
    Matcher m = TOKEN.matcher(text);
    while (m.find()) {
      all.add(m.group());
    }
    return all;
  }
}
