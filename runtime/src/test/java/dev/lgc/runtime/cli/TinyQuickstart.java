package dev.lgc.runtime.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of {@code lgc quickstart}, for models and batches as small as can be. */
final class TinyQuickstart {
  private TinyQuickstart() {}

  /** Writes them into a folder, which is made. */
  static void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String name : List.of("shapes.arch", "tokenizer.yaml", "generator.yaml")) {
      String text;
      try (var in = Main.class.getResourceAsStream("/dev/lgc/runtime/quickstart/" + name)) {
        text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      Files.writeString(
          folder.resolve(name),
          text.replace("count: 4000", "count: 40")
              .replace("batch: 32", "batch: 2")
              .replace("log: {every: 10,", "log: {every: 1,")
              .replace("image: int = 32", "image: int = 8")
              .replace("image = 32", "image = 8")
              .replace("width: int = 64", "width: int = 32")
              .replace("blocks: int = 2", "blocks: int = 1")
              .replace("(3, 4, 128)", "(1, 2, 32)"));
    }
  }
}
