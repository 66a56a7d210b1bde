package dev.lgc.runtime.io;

import dev.lgc.dsl.text.Text;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * A safetensors file, mapped into memory. Opening reads only the header; tensors are views of the
 * mapping and cost nothing until they are touched. Who wants all of a large one takes its {@link
 * #source}. The file may be used from any thread, and must not be shortened by anyone while it is
 * open (replacing it, as {@link AtomicFiles} does, is fine).
 *
 * <p>The index of a sharded checkpoint stands for all of it: its tensors are those of the index and
 * those whose blocks are in the shards, with their whole shapes. {@link #info} and {@link #source}
 * cost no more for these than for others; {@link #tensor} copies the blocks into one piece of
 * memory.
 *
 * <p>Everything in the headers is checked before any tensor is handed out: see {@link
 * SafetensorsHeader} and {@link OpenShards}.
 */
public final class SafetensorsFile implements AutoCloseable {
  private final SafetensorsMapping main;
  private final Optional<OpenShards> shards;
  private final Map<String, String> metadata;
  private final List<String> allNames;
  private final Map<String, TensorInfo> infos;

  /** Tensors in blocks that were put together, and where. */
  private final Map<String, TensorEntry> assembled = new ConcurrentHashMap<>();

  private final Arena arena = Arena.ofShared();

  private SafetensorsFile(SafetensorsMapping main, Optional<OpenShards> shards) {
    this.main = main;
    this.shards = shards;
    Map<String, String> texts = new LinkedHashMap<>(main.metadata());
    texts.remove(ShardIndex.KEY);
    metadata = Collections.unmodifiableMap(texts);
    List<TensorInfo> all = new ArrayList<>();
    for (TensorEntry t : main.tensors().values()) {
      all.add(new TensorInfo(t.name(), t.dtype(), Arrays.stream(t.shape()).boxed().toList()));
    }
    List<String> names = new ArrayList<>(main.allNames());
    shards.ifPresent(
        s -> {
          all.addAll(s.infos().values());
          all.sort(TensorInfo.ORDER); // as if they were in one file
          names.clear();
          all.forEach(t -> names.add(t.name()));
          names.addAll(main.unread().keySet());
        });
    allNames = List.copyOf(names);
    infos = new LinkedHashMap<>();
    all.forEach(t -> infos.put(t.name(), t));
  }

  /**
   * Opens {@code path} and checks its header; of a sharded checkpoint those of all its shards.
   *
   * @throws BadInputException if there is no such file or it is not a sound safetensors file, or if
   *     a shard is missing, damaged or of another save
   */
  public static SafetensorsFile open(Path path) {
    SafetensorsMapping main = SafetensorsMapping.open(path);
    try {
      String of = main.metadata().get(ShardFile.KEY);
      if (of != null) {
        throw BadInputException.in(
            path, "one shard of " + of, "the checkpoint", "name that file: it has all shards");
      }
      return new SafetensorsFile(
          main, OpenShards.listed(main).map(list -> OpenShards.open(main, list)));
    } catch (RuntimeException | Error e) {
      main.close();
      throw e;
    }
  }

  /**
   * The list of shards in the index {@code path}, none of which is opened; empty if it is a file
   * with all its tensors.
   *
   * @throws BadInputException if it is not a sound safetensors file
   */
  public static Optional<ShardIndex> shardsOf(Path path) {
    try (SafetensorsMapping file = SafetensorsMapping.open(path)) {
      return OpenShards.listed(file);
    }
  }

  /** The whole file, read-only, as long as {@code arena} lives; one error line if that fails. */
  public static MemorySegment mapWhole(Path path, Arena arena) {
    FileChannel channel = SafetensorsMapping.channel(path);
    try {
      return SafetensorsMapping.map(path, channel, arena);
    } finally {
      SafetensorsMapping.close(path, channel);
    }
  }

  /** The path of the file. */
  public Path path() {
    return main.path();
  }

  /** The files that its tensors are in: itself, and its shards. */
  public List<Path> files() {
    List<Path> all = new ArrayList<>(List.of(main.path()));
    shards.ifPresent(s -> s.files().forEach(f -> all.add(f.path())));
    return all;
  }

  /** The names of the tensors that can be read, in the order of the header. */
  public List<String> names() {
    return List.copyOf(infos.keySet());
  }

  /** Returns true if there is a tensor called {@code name}, of whatever type. */
  public boolean contains(String name) {
    return infos.containsKey(name) || main.unread().containsKey(name);
  }

  /**
   * The description of the tensor called {@code name}.
   *
   * @throws BadInputException if there is none, or it is of a type that is not read
   */
  public TensorInfo info(String name) {
    TensorInfo t = infos.get(name);
    if (t != null) {
      return t;
    }
    if (main.unread().containsKey(name)) {
      throw BadInputException.in(
          path(),
          name + " is " + main.unread().get(name),
          "one of " + Arrays.toString(StoredType.values()),
          "convert it to F32 or BF16");
    }
    String some = infos.keySet().stream().limit(3).collect(Collectors.joining(", "));
    throw BadInputException.in(
        path(),
        "no tensor " + name,
        "one",
        infos.isEmpty()
            ? "the file is empty"
            : Text.format("it has %d: %s%s", infos.size(), some, infos.size() > 3 ? ", ..." : ""));
  }

  /**
   * The tensor called {@code name}. One in blocks is put together in memory, for as long as the
   * file is open: for {@linkplain #source large ones} there is another way.
   *
   * @throws BadInputException if there is none, or it is of a type that is not read
   */
  public TensorEntry tensor(String name) {
    TensorInfo info = info(name);
    TensorEntry whole = main.tensors().get(name);
    return whole != null ? whole : assembled.computeIfAbsent(name, n -> assemble(info));
  }

  private TensorEntry assemble(TensorInfo info) {
    List<MemorySegment> blocks = data(info.name()).stream().filter(b -> b.byteSize() > 0).toList();
    MemorySegment all;
    if (blocks.size() == 1) {
      all = blocks.getFirst();
    } else {
      all = arena.allocate(info.elements() * info.dtype().bytes(), 64);
      long at = 0;
      for (MemorySegment b : blocks) {
        MemorySegment.copy(b, 0, all, at, b.byteSize());
        at += b.byteSize();
      }
    }
    return new TensorEntry(info.name(), info.dtype(), info.shape(), all.asReadOnly());
  }

  /** The bytes of a tensor that can be read, in the pieces that its files have. */
  List<MemorySegment> data(String name) {
    return holders(name).stream().map(f -> f.tensors().get(name).data()).toList();
  }

  /** The files with the parts of a tensor, in their order. */
  private Collection<SafetensorsMapping> holders(String name) {
    return main.tensors().containsKey(name) ? List.of(main) : shards.orElseThrow().files();
  }

  /**
   * The elements of the tensor called {@code name}, for reading all of them or a range: by one
   * thread, while the file is open. {@link FileTensor#check} or {@link FileTensor#checkRead} says
   * then whether they are sound.
   *
   * @throws BadInputException if there is none
   */
  public FileTensor source(String name) {
    TensorInfo info = info(name);
    return new FileTensor(path(), info, holders(name).stream().map(f -> f.part(name)).toList());
  }

  /** Returns true if it has checksums of its tensors. */
  public boolean hasChecksums() {
    return main.checksums().isPresent() && !allNames.isEmpty();
  }

  /**
   * Reads all tensors that can be read.
   *
   * @throws DamagedFileException if one is not the one that was written
   * @throws BadInputException if one has numbers that are not finite
   */
  public void check() {
    List<String> names = names();
    Parallel.each(names.size(), i -> source(names.get(i)).readAll());
  }

  /** The names of all tensors, in the order of the header; {@link #info} may refuse some. */
  public List<String> allNames() {
    return allNames;
  }

  /** All tensors that can be read, in the order of the header, each as {@link #tensor} gives it. */
  public List<TensorEntry> tensors() {
    return infos.keySet().stream().map(this::tensor).toList();
  }

  /** The file's {@code __metadata__}: text by name; empty if it has none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Unmaps the file: its tensors can no longer be read. */
  @Override
  public void close() {
    try (main;
        OpenShards all = shards.orElse(null)) {
      arena.close();
    }
  }
}
