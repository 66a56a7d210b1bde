package dev.lgc.runtime.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The list of the shards of a checkpoint, as the metadata of its index has it under {@value #KEY}:
 *
 * <pre>
 * {"shards": [{"file": "step-00000050.shard-1-of-2.safetensors", "bytes": 1234,
 *              "header": "0a1b2c3d"}, …],
 *  "shapes": {"layers.0.norm.weight": [64], …}}
 * </pre>
 *
 * @param files in the order of the blocks that they have
 * @param shapes of the tensors in blocks, by name
 */
public record ShardIndex(List<ShardFile> files, Map<String, List<Long>> shapes) {
  static final String KEY = "lgc.shard_files";
  private static final ObjectMapper JSON = new ObjectMapper();

  public ShardIndex {
    files = List.copyOf(files);
    shapes = Collections.unmodifiableMap(new TreeMap<>(shapes));
    if (files.isEmpty() || files.stream().map(ShardFile::name).distinct().count() < files.size()) {
      throw new IllegalArgumentException("no shards, or one twice");
    }
  }

  /** The list that metadata has; empty if these are of a file that is no index. */
  static Optional<ShardIndex> of(Map<String, String> metadata) {
    String text = metadata.get(KEY);
    if (text == null) {
      return Optional.empty();
    }
    try {
      JsonNode root = JSON.readTree(text);
      List<ShardFile> files = new ArrayList<>();
      for (JsonNode f : root.required("shards")) {
        int header = HexFormat.fromHexDigits(f.required("header").textValue());
        files.add(
            new ShardFile(f.required("file").textValue(), integer(f.required("bytes")), header));
      }
      Map<String, List<Long>> shapes = new TreeMap<>();
      for (Map.Entry<String, JsonNode> t : root.required("shapes").properties()) {
        List<Long> shape = new ArrayList<>();
        for (JsonNode d : t.getValue()) {
          shape.add(integer(d));
        }
        shapes.put(t.getKey(), shape);
      }
      return Optional.of(new ShardIndex(files, shapes));
    } catch (JsonProcessingException | NullPointerException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static long integer(JsonNode n) {
    if (!n.isIntegralNumber() || !n.canConvertToLong() || n.longValue() < 0) {
      throw new IllegalArgumentException(n + " is no number");
    }
    return n.longValue();
  }

  /** The part of an index's metadata that lists them. */
  public Map<String, String> metadata() {
    return Map.of(KEY, text());
  }

  private String text() {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode shards = root.putArray("shards");
    for (ShardFile f : files) {
      shards
          .addObject()
          .put("file", f.name())
          .put("bytes", f.bytes())
          .put("header", f.headerText());
    }
    ObjectNode all = root.putObject("shapes");
    shapes.forEach(
        (name, shape) -> {
          ArrayNode dims = all.putArray(name);
          shape.forEach(dims::add);
        });
    return root.toString();
  }
}
