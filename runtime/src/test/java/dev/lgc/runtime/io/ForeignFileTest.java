package dev.lgc.runtime.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lgc.runtime.TestResources;
import dev.lgc.runtime.model.CheckpointFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is given in the place of safetensors is called what it is, with what to do about it. */
@Tag("pure")
final class ForeignFileTest {
  private static final String INDEX =
      "{\"metadata\": {\"total_size\": 8}, \"weight_map\": {\"a\":"
          + " \"m-00001-of-00002.safetensors\", \"b\": \"m-00002-of-00002.safetensors\"}}";

  @TempDir private Path dir;

  private static void says(Path path, String what, String hint) {
    BadInputException e =
        assertThrows(BadInputException.class, () -> SafetensorsFile.open(path).close());
    assertEquals(path + ": " + what, e.what());
    assertTrue(e.hint().contains(hint), e.hint());
  }

  private Path file(String name, String text) throws IOException {
    return Files.write(dir.resolve(name), text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void picklesOfBothFormats() throws IOException {
    String what = "a PyTorch checkpoint (a Python pickle)";
    says(TestResources.path("io/new.pt"), what, "convert it once");
    says(TestResources.path("io/old.pt"), what, "convert it once");
    byte[] whole = Files.readAllBytes(TestResources.path("io/new.pt"));
    Path half = Files.write(dir.resolve("half.pt"), Arrays.copyOf(whole, whole.length / 2));
    says(half, "an incomplete PyTorch checkpoint", "truncated");
  }

  @Test
  void anIndexAndItsShards() throws IOException {
    says(file("i.json", INDEX), "an index of weights in 2 files (shards)", "join the shards");
    String one = INDEX.replace("m-00002-of-00002", "m-00001-of-00002");
    says(file("o.json", one), "an index of weights in one file", "m-00001-of-00002.safetensors");
    says(file("c.json", "{\"dim\": 8}"), "JSON text", "");
    assertTrue(ForeignFile.isOneOfSeveral(Path.of("x/model-00001-of-00002.safetensors")));
    assertTrue(!ForeignFile.isOneOfSeveral(Path.of("x/model-00001-of-00001.safetensors")));
  }

  @Test
  void pointersPagesAndOtherFormats() throws IOException {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 133\n";
    says(file("lfs", pointer), "a Git LFS pointer, not the weights", "git lfs pull");
    says(file("page", "\n<!DOCTYPE html>\n"), "a web page or other markup", "page saved");
    says(file("gguf", "GGUF\u0003\0\0\0"), "a GGUF file, as llama.cpp has them", "");
    says(file("npy", "\u0093NUMPY\u0001\0"), "a NumPy array", "safetensors.numpy");
    says(file("gz", "\u001f\u008b\u0008\0"), "a gzip archive", "unpack");
    says(file("notes.txt", "some notes"), "a text file", "");
    says(file("empty", ""), "an empty file", "copied");
  }

  @Test
  void foldersThatAreNotARuns() throws IOException {
    Path shards = Files.createDirectory(dir.resolve("shards"));
    Files.createFile(shards.resolve("m-00001-of-00002.safetensors"));
    Files.createFile(shards.resolve("m-00002-of-00002.safetensors"));
    folderSays(shards, "a folder with weights in 2 files (shards)", "join the shards");
    Path single = Files.createDirectory(dir.resolve("single"));
    Files.createFile(single.resolve("model.safetensors"));
    folderSays(single, "a folder that is not that of a run", "model.safetensors");
    Path pickle = Files.createDirectory(dir.resolve("pickle"));
    Files.createFile(pickle.resolve("c2i.pt"));
    folderSays(pickle, "a folder with a PyTorch checkpoint, c2i.pt", "convert it once");
    Path empty = Files.createDirectory(dir.resolve("none"));
    folderSays(empty, "no checkpoint in this folder", "train first");
  }

  private static void folderSays(Path folder, String what, String hint) {
    BadInputException e =
        assertThrows(BadInputException.class, () -> CheckpointFolder.resolve(folder, w -> {}));
    assertEquals(folder + ": " + what, e.what());
    assertTrue(e.hint().contains(hint), e.hint());
  }
}
