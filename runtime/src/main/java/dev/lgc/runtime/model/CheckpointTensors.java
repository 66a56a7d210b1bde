package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.ParameterBlock;
import dev.lgc.dsl.type.Shape;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.ShardFile;
import dev.lgc.runtime.io.ShardIndex;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors that a checkpoint keeps, as one rank has them: parameters, buffers, moments and
 * averages. Where ranks hold some of them in blocks, each rank of the first group writes its own as
 * a shard, and rank 0 then the index, with all that is whole:
 *
 * <pre>
 * step-00000050.shard-1-of-2.safetensors   blocks of rank 0
 * step-00000050.shard-2-of-2.safetensors   blocks of rank 1
 * step-00000050.safetensors                the index: the checkpoint is there once this is
 * </pre>
 *
 * A shard has no more than blocks, flat, and its place. A step that is saved again has its shards
 * beside those that the index lists until then, as {@code shard-1-of-2.save-2}: see {@link
 * CheckpointFolder#freeSave}.
 *
 * @param whole tensors that every rank has whole
 * @param blocks of this rank, flat, without what fills up the last one; some may be empty
 * @param shapes of the tensors in blocks, by name; empty if there are none
 * @param place of this rank in its group
 * @param shards that a checkpoint has; 1 if all tensors are whole
 */
public record CheckpointTensors(
    List<TensorEntry> whole,
    List<TensorEntry> blocks,
    Map<String, List<Long>> shapes,
    int place,
    int shards) {

  /**
   * Those of a session.
   *
   * @param rank of the run
   * @param beside what else is to be kept, whole
   */
  static CheckpointTensors of(
      Session session, ExecutionPlan plan, int rank, List<TensorEntry> beside) {
    List<TensorEntry> whole = new ArrayList<>();
    List<TensorEntry> blocks = new ArrayList<>();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    int place = 0;
    int shards = 1;
    for (StoredTensor t : plan.storage()) {
      if (!isKept(t)) {
        continue;
      }
      MemorySegment data = session.storage(t.name());
      if (t.block().isEmpty()) {
        whole.add(entry(t, t.slot().type().shape(), data));
        continue;
      }
      ParameterBlock block = t.block().get();
      shards = block.group().size();
      place = block.group().place(rank);
      blocks.add(entry(t, Shape.of(Math.toIntExact(block.elements(rank))), data));
      shapes.put(t.name(), dims(block.whole().shape()));
    }
    whole.addAll(beside);
    return new CheckpointTensors(whole, blocks, shapes, place, shards);
  }

  private static boolean isKept(StoredTensor t) {
    return switch (t.role()) {
      case PARAMETER, BUFFER, MOMENT1, MOMENT2, AVERAGE -> true;
      case FROZEN, GRADIENT, LOCAL, PARTIAL, SCALE, CACHE -> false;
    };
  }

  /** Bytes of the tensors of a plan that a rank writes, at most: rank 0 writes as much. */
  public static long bytes(ExecutionPlan plan) {
    return plan.storage().stream()
        .filter(CheckpointTensors::isKept)
        .mapToLong(t -> t.slot().type().bytes())
        .sum();
  }

  private static List<Long> dims(Shape shape) {
    return shape.dims().stream().map(Integer::longValue).toList();
  }

  private static TensorEntry entry(StoredTensor t, Shape shape, MemorySegment data) {
    StoredType type = StoredType.of(t.slot().type().dtype());
    long[] dims = shape.dims().stream().mapToLong(Integer::longValue).toArray();
    return new TensorEntry(t.name(), type, dims, data.asSlice(0, shape.elements() * type.bytes()));
  }

  /** Returns true if the checkpoint is in shards. */
  public boolean isSharded() {
    return shards > 1;
  }

  /**
   * Writes this rank's shard.
   *
   * @param checkpoint the index
   * @param save that no shard of an index has
   */
  public ShardFile writeShard(Path checkpoint, int save) throws IOException {
    Path file = ShardFile.path(checkpoint, place, shards, save);
    return ShardFile.of(
        file, SafetensorsWriter.write(file, ShardFile.metadata(checkpoint), blocks));
  }

  /**
   * Writes a checkpoint: all of it, or the index of one whose shards are written.
   *
   * @param files the shards, by the place of their rank; none if all tensors are whole
   * @throws BadInputException if a shard is not the one that its rank wrote, as ranks see other
   *     folders
   */
  public void write(Path checkpoint, Checkpoint about, List<ShardFile> files) throws IOException {
    if (files.size() != (isSharded() ? shards : 0)) {
      throw new IllegalArgumentException(files.size() + " shards of " + shards);
    }
    Map<String, String> metadata = new LinkedHashMap<>(about.metadata());
    if (isSharded()) {
      for (int i = 0; i < shards; i++) {
        requireSeen(checkpoint.resolveSibling(files.get(i).name()), files.get(i), i);
      }
      metadata.putAll(new ShardIndex(files, shapes).metadata());
    }
    SafetensorsWriter.write(checkpoint, metadata, whole);
  }

  /**
   * Refuses a shard that another rank wrote into a folder of its own, where there may be an old one
   * in this.
   */
  private static void requireSeen(Path file, ShardFile shard, int rank) throws IOException {
    if (!shard.isHeadOf(file)) {
      throw BadInputException.in(
          file,
          "it was written by rank " + rank + ", and is not seen by rank 0",
          "a folder that all ranks share",
          "put `checkpoint.dir` on a file system that all machines see");
    }
  }
}
