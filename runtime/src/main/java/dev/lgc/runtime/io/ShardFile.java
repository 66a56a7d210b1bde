package dev.lgc.runtime.io;

import dev.lgc.dsl.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A shard of a checkpoint, as the index of the checkpoint names it: a safetensors file with the
 * blocks that one rank stores. Header and size tie it to one save, as the header has the checksums
 * of all blocks.
 *
 * @param name of the file, which is beside the index
 * @param bytes of the file
 * @param header checksum of its header
 */
public record ShardFile(String name, long bytes, int header) {
  /** The key of the metadata by which a shard names its checkpoint. */
  static final String KEY = "lgc.shard_of";

  private static final String ENDING = ".safetensors";

  public ShardFile {
    if (name.isEmpty() || name.startsWith(".") || name.matches("(?s).*[/\\\\\\x00-\\x1f].*")) {
      throw new IllegalArgumentException("a shard named `" + name + "`");
    }
    if (bytes < 8) {
      throw new IllegalArgumentException("a shard of " + bytes + " bytes");
    }
  }

  /**
   * The path of a shard.
   *
   * @param index of the checkpoint
   * @param place of the shard, from 0
   * @param shards of the checkpoint
   * @param save among those whose shards are beside each other, from 1
   */
  public static Path path(Path index, int place, int shards, int save) {
    String name = index.getFileName().toString();
    String stem = name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
    String beside = save == 1 ? "" : ".save-" + save;
    return index.resolveSibling(
        Text.format("%s.shard-%d-of-%d%s%s", stem, place + 1, shards, beside, ENDING));
  }

  /** The metadata of a shard of the checkpoint with this index. */
  public static Map<String, String> metadata(Path index) {
    return Map.of(KEY, index.getFileName().toString());
  }

  /** The shard that was written to {@code file}. */
  public static ShardFile of(Path file, WrittenFile written) {
    return new ShardFile(file.getFileName().toString(), written.bytes(), written.header());
  }

  /** As one text, which {@link #parse} reads. */
  public String text() {
    return bytes + " " + headerText() + " " + name;
  }

  /** The shard that {@link #text} tells of. */
  public static ShardFile parse(String text) {
    String[] parts = text.split(" ", 3);
    return new ShardFile(parts[2], Long.parseLong(parts[0]), HexFormat.fromHexDigits(parts[1]));
  }

  /**
   * Returns true if {@code file} has this size and this header, which alone is read: it is this
   * shard then, as far as can be told without its blocks.
   */
  public boolean isHeadOf(Path file) throws IOException {
    if (Files.notExists(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      if (Files.size(file) != bytes) {
        return false;
      }
      byte[] length = in.readNBytes(Long.BYTES);
      long n = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
      return n >= 0
          && n <= Math.min(bytes - Long.BYTES, SafetensorsHeader.MOST_BYTES)
          && new Checksums(header, List.of()).areOf(in.readNBytes((int) n));
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      return false; // no file of ours, or one that is being shortened
    }
  }

  /** Its header's checksum in hexadecimal. */
  String headerText() {
    return HexFormat.of().toHexDigits(header);
  }
}
