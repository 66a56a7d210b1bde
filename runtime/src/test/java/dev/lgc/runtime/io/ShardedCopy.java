package dev.lgc.runtime.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A file of weights in shards, made of one that has them whole. */
public final class ShardedCopy {
  private ShardedCopy() {}

  /** Writes all F32 tensors of {@code from} in blocks beside the index {@code to}. */
  public static void write(Path from, Path to, int shards) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(from)) {
      List<TensorEntry> whole = new ArrayList<>();
      Map<String, List<Long>> shapes = new LinkedHashMap<>();
      for (TensorEntry t : file.tensors()) {
        if (t.dtype() == StoredType.F32) {
          shapes.put(t.name(), file.info(t.name()).dims());
        } else {
          whole.add(t);
        }
      }
      List<ShardFile> files = new ArrayList<>();
      for (int place = 0; place < shards; place++) {
        List<TensorEntry> blocks = new ArrayList<>();
        for (String name : shapes.keySet()) {
          TensorEntry t = file.tensor(name);
          long length = Math.ceilDiv(t.elements(), (long) shards);
          long begin = Math.min(place * length, t.elements());
          long n = Math.min(length, t.elements() - begin);
          blocks.add(
              new TensorEntry(name, t.dtype(), new long[] {n}, t.data().asSlice(4 * begin, 4 * n)));
        }
        Path shard = ShardFile.path(to, place, shards, 1);
        files.add(
            ShardFile.of(shard, SafetensorsWriter.write(shard, ShardFile.metadata(to), blocks)));
      }
      Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
      metadata.putAll(new ShardIndex(files, shapes).metadata());
      SafetensorsWriter.write(to, metadata, whole);
    }
  }
}
