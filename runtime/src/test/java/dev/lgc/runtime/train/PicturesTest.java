package dev.lgc.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("backend")
class PicturesTest {
  @TempDir private Path dir;

  @Test
  void holdingOutOfTooFewPicturesNamesTheSettingAndWhatIsPossible() throws IOException {
    put("d/a/0.png");
    String one = message(100);
    assertTrue(one.contains("run.yaml:2:"), one);
    assertTrue(one.contains("`data.held_out` finds no picture to hold out"), one);
    assertTrue(one.contains("every 100th picture, of 1 picture"), one);
    assertTrue(one.contains("at least 2 pictures"), one);
    put("d/a/1.png");
    put("d/a/2.png");
    String three = message(4);
    assertTrue(three.contains("every 4th picture, of 3 pictures"), three);
    assertTrue(three.contains("2 to 3, or 0"), three);
    Pictures all = open(3);
    assertEquals(2, all.train().size());
    assertEquals("a/2.png", all.heldOut().orElseThrow().name(0));
  }

  @Test
  void eachFolderIsDescribedOnce() throws IOException {
    put("d/a/0.png");
    put("d/a/1.png");
    assertEquals(java.util.List.of(dir.resolve("d") + ": 2 pictures in 1 class"), open(2).texts());
    assertEquals(1, open(2).json().size());
  }

  @Test
  void aFolderThatCannotBeUsedIsShownAtItsSetting() throws IOException {
    String absent = message(0);
    assertTrue(absent.contains("run.yaml:2:28: `data.path`: " + dir.resolve("d")), absent);
    put("d/1.png");
    put("d/a/1.png");
    String mixed = message(0);
    assertTrue(mixed.contains("1 picture directly in it (1.png)"), mixed);
  }

  @Test
  void heldOutPicturesOfOtherClassesAreNamed() throws IOException {
    put("d/a/0.png");
    put("d/b/0.png");
    put("e/b/0.png");
    put("e/c/0.png");
    String message = assertThrows(UserError.class, () -> open("held_out_path: e")).getMessage();
    assertTrue(message.contains("only held out: c; only to train on: a"), message);
    assertTrue(message.contains("run.yaml:2:"), message);
  }

  private String message(int heldOut) {
    return assertThrows(UserError.class, () -> open(heldOut)).getMessage();
  }

  private Pictures open(int heldOut) {
    return open("held_out: " + heldOut);
  }

  private Pictures open(String more) {
    RunFile run =
        TinyRuns.run(
            dir,
            Text.format(
                """
                model: {arch: "%s", name: TinyTokenizer}
                data: {kind: folder, path: d, %s}
                batch: 1
                steps: 1
                checkpoint: {dir: out}
                """,
                TinyRuns.arch(), more));
    return Pictures.open(run, run.config().data().orElseThrow(), 8, 0);
  }

  private void put(String name) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.copy(TestResources.path("data/small.png"), file);
  }
}
