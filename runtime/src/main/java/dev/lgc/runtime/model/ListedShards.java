package dev.lgc.runtime.model;

import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.ShardFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The shards that files in a run's folder list: these are in use, and stay.
 *
 * @param names of the shards
 * @param unread files that may be indexes and cannot be read
 */
record ListedShards(Set<String> names, Set<Path> unread) {
  /**
   * Those of a folder.
   *
   * @throws BadInputException if it cannot be listed
   */
  static ListedShards in(RunFolder folder) {
    Set<String> names = new HashSet<>();
    Set<Path> unread = new HashSet<>();
    for (Path file : folder.weights()) {
      try {
        SafetensorsFile.shardsOf(file)
            .ifPresent(list -> list.files().forEach(shard -> names.add(shard.name())));
      } catch (BadInputException e) {
        unread.add(file);
      }
    }
    return new ListedShards(names, unread);
  }

  /** Returns true if a file lists a shard, or if it is there and its index cannot be read. */
  boolean has(Path shard) {
    return names.contains(shard.getFileName().toString())
        || unread.contains(RunFolder.ofShard(shard)) && Files.exists(shard);
  }

  /** Returns true if it has a shard with the name of one of a save. */
  boolean hasAny(Path checkpoint, int shards, int save) {
    return IntStream.range(0, shards)
        .anyMatch(place -> has(ShardFile.path(checkpoint, place, shards, save)));
  }
}
