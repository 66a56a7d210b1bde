package dev.lgc.runtime.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("backend")
final class QuickstartTest {
  @TempDir private Path dir;

  private Cli.Result quickstart() {
    Cli.Result r = Cli.run("quickstart", "--dir", dir.toString(), "--minutes", "0.000001");
    assertEquals(0, r.code(), r.err());
    return r;
  }

  private Path newest(String folder) throws Exception {
    try (Stream<Path> all = Files.list(dir.resolve("out").resolve(folder))) {
      return all.filter(f -> f.toString().endsWith(".safetensors"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private void change(String name, String from, String to) throws Exception {
    String text = Files.readString(dir.resolve(name));
    assertTrue(text.contains(from), text);
    Files.writeString(dir.resolve(name), text.replace(from, to));
  }

  @Test
  void aDamagedCheckpointIsNamedOnceAndPassedOver() throws Exception {
    TinyQuickstart.write(dir);
    change("tokenizer.yaml", "keep: 1", "keep: 9");
    change("tokenizer.yaml", "steps: 900", "steps: 2"); // as many as two starts train
    change("tokenizer.yaml", "warmup: 20", "warmup: 1");
    change("generator.yaml", "keep: 1", "keep: 9");
    for (int start = 0; start < 2; start++) {
      quickstart();
    }
    assertEquals(
        List.of("1  Trains", "2  Encodes", "3  Makes", "4  Trains", "5  Draws"),
        quickstart()
            .out()
            .lines()
            .filter(l -> l.matches("[1-5]  .*"))
            .map(l -> l.substring(0, l.indexOf(' ', 3)))
            .toList());
    for (String folder : List.of("generator", "tokenizer")) {
      Path damaged = newest(folder);
      byte[] all = Files.readAllBytes(damaged);
      Files.write(damaged, java.util.Arrays.copyOf(all, all.length - 1));
      List<String> named =
          quickstart().err().lines().filter(l -> l.contains(damaged.toString())).toList();
      assertEquals(1, named.size(), named.toString());
      assertTrue(named.getFirst().startsWith("warning: "), named.toString());
    }
  }
}
