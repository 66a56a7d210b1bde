package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.CodeCacheWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels and codes that a model cannot select by are refused before the first step. */
@Tag("backend")
final class DataBoundsTest {
  @TempDir private Path dir;

  private final List<String> warnings = new ArrayList<>();
  private boolean begun;

  private final TrainListener listener =
      new TrainListener() {
        @Override
        public void warn(String text) {
          warnings.add(text);
        }

        @Override
        public void begins(long done, long steps) {
          begun = true;
        }
      };

  private String refused(String key, String run) {
    begun = false;
    UserError e =
        assertThrows(
            UserError.class, () -> TinyRuns.train(TinyRuns.run(dir, run), listener, () -> false));
    assertTrue(!begun, "not before training began");
    assertTrue(e.getMessage().contains("`" + key + "`"), e.getMessage());
    return e.getMessage();
  }

  private void codes(String name, int codebook, int tokens, int label, String... classes)
      throws IOException {
    CodeCacheInfo info = new CodeCacheInfo("f00d", 1, tokens, codebook, 1, 0, List.of(classes));
    try (CodeCacheWriter w = CodeCache.create(dir.resolve(name), info)) {
      w.append(0, new int[tokens]);
      w.append(label, new int[tokens]);
      w.finish();
    }
  }

  private String generator(String codes) {
    return Text.format("model: {arch: \"%s\", name: TinyGenerator}\n", TinyRuns.arch())
        + codes
        + "batch: 2\nsteps: 2\ncheckpoint: {dir: out}\n";
  }

  @Test
  void labelsOfCodesWithoutClassNames() throws IOException {
    codes("a.codes", 16, 4, 10);
    String said = refused("codes.classes", generator("codes: {path: a.codes}\n"));
    assertTrue(said.contains("a.codes: 11 classes"), said);
    assertTrue(said.contains("at most 10, which TinyGenerator has"), said);
    codes("b.codes", 16, 4, 9);
    said = refused("codes.held_out", generator("codes: {path: b.codes, held_out: a.codes}\n"));
    assertTrue(said.contains("a.codes: 11 classes"), said);
  }

  @Test
  void aClassThatARunGetsWhenItGoesOn() throws IOException {
    String[] names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    codes("a.codes", 16, 4, 9, names);
    TinyRuns.train(TinyRuns.run(dir, generator("codes: {path: a.codes}\n")), listener, () -> false);
    names[3] = "three";
    codes("a.codes", 16, 4, 9, names);
    String run = generator("codes: {path: a.codes, classes: by_name}\n");
    String said = refused("codes.classes", run.replace("steps: 2", "steps: 4"));
    assertTrue(said.contains("11 classes") && said.contains("at most 10"), said);
  }

  @Test
  void heldOutCodesOfAnotherGridOrCodebook() throws IOException {
    codes("a.codes", 16, 4, 1);
    codes("b.codes", 16, 9, 1);
    codes("c.codes", 32, 4, 1);
    String run = "codes: {path: a.codes, held_out: b.codes}\n";
    assertTrue(refused("codes.held_out", generator(run)).contains("pictures of 9 codes"));
    String said = refused("codes.held_out", generator(run.replace("b.codes", "c.codes")));
    assertTrue(said.contains("codes of a tokenizer with 32"), said);
  }

  /** A generator that is not typed by a tokenizer has as many codes as it can select by. */
  private String untyped(int table, int scores, String label) throws IOException {
    Files.writeString(
        dir.resolve("g.arch"),
        Text.format(
            """
            model G(dim: int = 4) {
              param seen: [%d, dim] = normal(0.3)
              param kinds: [4, dim] = normal(0.3)
              param out: [%d, dim] = normal(0.3)
              forward logits(drawn: int[b, m], label: int[b]) -> [b, m + 1, %d] {
                let first = reshape(gather(kinds, label), [b, 1, dim])
                return linear(concat([first, gather(seen, drawn)], axis: 1), out)
              }
              objective next(codes: int[b, 4], label: int[b]) {
                let l = logits(codes[:, :-1], %s)
                minimize mean(logsumexp(l, axis: -1) - pick(l, codes))
              }
            }
            """,
            table, scores, scores, label));
    return generator("codes: {path: a.codes}\n")
        .replaceFirst("model: .*", "model: {arch: g.arch, name: G}");
  }

  @Test
  void aGeneratorWithoutATokenizer() throws IOException {
    codes("a.codes", 16, 4, 1);
    String said = refused("codes.path", untyped(16, 15, "label"));
    assertTrue(said.contains("at most 15, which G has (" + dir.resolve("g.arch") + ":11:"), said);
    said = refused("codes.path", untyped(12, 16, "label"));
    assertTrue(said.contains("at most 12, which G has (" + dir.resolve("g.arch") + ":7:"), said);
    codes("a.codes", 16, 4, 4);
    said = refused("codes.classes", untyped(16, 16, "label"));
    assertTrue(said.contains("5 classes") && said.contains("at most 4"), said);
    // The last row is the model's own where it puts that in a label's place.
    codes("a.codes", 16, 4, 3);
    String dropped = "where(uniform([b]) < 0.5, 3, label)";
    said = refused("codes.classes", untyped(16, 16, dropped));
    assertTrue(said.contains("4 classes") && said.contains("at most 3"), said);
    codes("a.codes", 16, 4, 2);
    String run = untyped(16, 16, dropped);
    assertEquals(2, TinyRuns.train(TinyRuns.run(dir, run), listener, () -> false));
  }

  @Test
  void labelsOfPictures() throws IOException {
    Files.writeString(
        dir.resolve("p.arch"),
        """
        model P(classes: int = 3) {
          param tint: [classes, 3] = normal(0.3)
          objective tint_of(images: [b, 3, 16, 16], label: int[b]) {
            let d = mean(mean(images, axis: -1), axis: -1) - gather(tint, label)
            minimize mean(d * d)
          }
        }
        """);
    String run =
        "model: {arch: p.arch, name: P}\nbatch: 2\nsteps: 2\ncheckpoint: {dir: out}\ndata: ";
    String said = refused("data.kind", run + "{kind: drawn, count: 20}\n");
    assertTrue(said.contains("10 classes") && said.contains("at most 3"), said);
    for (String name : List.of("ant", "bee", "cat", "dog")) {
      Path folder = Files.createDirectories(dir.resolve("photos/" + name));
      BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
      ImageIO.write(image, "png", folder.resolve("1.png").toFile());
    }
    String folder = run + "{kind: folder, path: photos}\n";
    said = refused("data.path", folder);
    assertTrue(said.contains("4 classes") && said.contains("at most 3"), said);
    String more = folder.replace("name: P", "name: P, parameters: {classes: 5}");
    assertEquals(2, TinyRuns.train(TinyRuns.run(dir, more), listener, () -> false));
    assertTrue(
        warnings.contains("P has 5 classes and the pictures have 4: class 4 is not trained"),
        warnings.toString());
  }
}
