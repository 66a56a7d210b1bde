package dev.lgc.models;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Names and shapes of the tensors in a safetensors file. */
final class Safetensors {
  private Safetensors() {}

  static Map<String, List<Integer>> shapes(Path file) throws IOException {
    try (var in = new DataInputStream(Files.newInputStream(file))) {
      int length = Math.toIntExact(Long.reverseBytes(in.readLong()));
      JsonNode header = new ObjectMapper().readTree(new String(in.readNBytes(length), UTF_8));
      Map<String, List<Integer>> shapes = new TreeMap<>();
      header
          .properties()
          .forEach(
              entry -> {
                if (!entry.getKey().equals("__metadata__")) {
                  List<Integer> shape = new ArrayList<>();
                  entry.getValue().get("shape").forEach(extent -> shape.add(extent.intValue()));
                  shapes.put(entry.getKey(), shape);
                }
              });
      return shapes;
    }
  }
}
