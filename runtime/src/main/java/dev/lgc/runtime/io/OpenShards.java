package dev.lgc.runtime.io;

import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The shards of a checkpoint, open and checked against its index.
 *
 * @param files in the order of the blocks that they have
 * @param infos of the tensors in blocks, by name
 */
record OpenShards(List<SafetensorsMapping> files, Map<String, TensorInfo> infos)
    implements AutoCloseable {
  private static final String TOGETHER =
      "a checkpoint is complete only with all its shards beside it: copy them, too, or use another"
          + " checkpoint";

  /**
   * The shards of an index.
   *
   * @throws BadInputException if the list in it is none
   */
  static Optional<ShardIndex> listed(SafetensorsMapping index) {
    try {
      return ShardIndex.of(index.metadata());
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          index.path() + ": the list of its shards cannot be read: " + e.getMessage(),
          "what lgc writes",
          "use a copy or another checkpoint",
          e);
    }
  }

  /**
   * Opens the shards of a checkpoint.
   *
   * @param index that lists them
   * @throws BadInputException if one is missing, damaged, or not of this checkpoint
   */
  static OpenShards open(SafetensorsMapping index, ShardIndex list) {
    List<SafetensorsMapping> files = new ArrayList<>();
    try {
      for (int place = 0; place < list.files().size(); place++) {
        files.add(shard(index.path(), list, place));
      }
      return new OpenShards(files, infos(index, files, list));
    } catch (RuntimeException | Error e) {
      close(files, e);
      throw e;
    }
  }

  private static SafetensorsMapping shard(Path index, ShardIndex list, int place) {
    ShardFile expected = list.files().get(place);
    Path path = index.resolveSibling(expected.name());
    String what =
        Text.format("shard %d of %d of %s", place + 1, list.files().size(), index.getFileName());
    if (Files.notExists(path)) {
      throw BadInputException.in(path, "no such file", what, TOGETHER);
    }
    long bytes = size(path);
    if (bytes < expected.bytes()) {
      throw BadInputException.in(
          path,
          "only " + bytes + " bytes",
          Text.format("%s, %d bytes", what, expected.bytes()),
          "it is truncated: " + TOGETHER);
    }
    SafetensorsMapping file = SafetensorsMapping.open(path);
    OptionalInt header =
        file.checksums().map(s -> OptionalInt.of(s.header())).orElse(OptionalInt.empty());
    if (file.bytes() != expected.bytes() || !header.equals(OptionalInt.of(expected.header()))) {
      file.close();
      throw BadInputException.in(
          path, "a shard of another save", what + ", as it was saved", TOGETHER);
    }
    return file;
  }

  private static long size(Path path) {
    try {
      return Files.size(path);
    } catch (IOException e) {
      throw new UnreadableFileException(path, e);
    }
  }

  /** The tensors in blocks: each shard has a block of each, which are as many elements together. */
  private static Map<String, TensorInfo> infos(
      SafetensorsMapping index, List<SafetensorsMapping> files, ShardIndex list) {
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    Set<String> whole = Set.copyOf(index.allNames());
    list.shapes()
        .forEach(
            (name, dims) -> {
              long elements = 0;
              StoredType dtype = null;
              for (SafetensorsMapping file : files) {
                TensorEntry block = file.tensors().get(name);
                if (block == null || block.dtype() != (dtype == null ? block.dtype() : dtype)) {
                  throw uneven(file.path(), name, "no block of " + name + " like the others");
                }
                elements += block.elements();
                dtype = block.dtype();
              }
              TensorInfo info = new TensorInfo(name, dtype, dims);
              if (whole.contains(name) || !isSize(info, elements)) {
                throw uneven(index.path(), name, name + " has " + elements + " elements in blocks");
              }
              infos.put(name, info);
            });
    for (SafetensorsMapping file : files) {
      for (String name : file.allNames()) {
        if (!infos.containsKey(name)) {
          throw uneven(file.path(), name, "a block of " + name + ", which the index does not list");
        }
      }
    }
    return infos;
  }

  private static boolean isSize(TensorInfo info, long elements) {
    try {
      return info.elements() == elements;
    } catch (ArithmeticException e) {
      return false;
    }
  }

  private static BadInputException uneven(Path path, String name, String found) {
    return BadInputException.in(
        path, found, "the blocks of " + name + " as lgc saves them", "use another checkpoint");
  }

  private static void close(List<SafetensorsMapping> files, Throwable why) {
    for (SafetensorsMapping file : files) {
      try {
        file.close();
      } catch (RuntimeException e) {
        why.addSuppressed(e);
      }
    }
  }

  @Override
  public void close() {
    IllegalStateException failed = new IllegalStateException("closing shards");
    close(files, failed);
    if (failed.getSuppressed().length > 0) {
      throw failed;
    }
  }
}
