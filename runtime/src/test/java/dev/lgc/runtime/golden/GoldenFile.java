package dev.lgc.runtime.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lgc.runtime.SharedFiles;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tensors of one file of {@code shared/golden}. */
final class GoldenFile {
  private final String name;
  private final Map<String, double[]> tensors = new LinkedHashMap<>();

  private GoldenFile(String name) {
    this.name = name;
  }

  /** Reads {@code shared/golden/NAME.safetensors}; skips the calling test if it is absent. */
  static GoldenFile open(String name) {
    GoldenFile golden = new GoldenFile(name);
    Path path = SharedFiles.require("golden/" + name + ".safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (TensorEntry t : file.tensors()) {
        double[] values = new double[Math.toIntExact(t.elements())];
        for (int i = 0; i < values.length; i++) {
          values[i] = t.numberAt(i);
        }
        golden.tensors.put(t.name(), values);
      }
    }
    return golden;
  }

  String name() {
    return name;
  }

  boolean contains(String tensor) {
    return tensors.containsKey(tensor);
  }

  double[] get(String tensor) {
    double[] values = tensors.get(tensor);
    if (values == null) {
      throw new IllegalArgumentException(name + " has no tensor " + tensor);
    }
    return values;
  }

  /** What follows {@code prefix} in the names that start with it. */
  List<String> under(String prefix) {
    return tensors.keySet().stream()
        .filter(n -> n.startsWith(prefix))
        .map(n -> n.substring(prefix.length()))
        .toList();
  }

  /**
   * Parameters whose gradient is zero in real arithmetic: what is there is rounding noise, and Adam
   * makes whole steps of it.
   */
  Set<String> analyticallyZero() {
    try {
      JsonNode manifest =
          new ObjectMapper().readTree(SharedFiles.require("golden/manifest.json").toFile());
      List<String> names = new ArrayList<>();
      manifest
          .path("files")
          .path(name + ".safetensors")
          .path("extra")
          .path("analytically_zero_grad_params")
          .forEach(n -> names.add(n.asText()));
      return new HashSet<>(names);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
