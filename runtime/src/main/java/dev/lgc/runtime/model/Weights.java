package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.compiler.rewrite.storage.TensorLayout;
import dev.lgc.compiler.rewrite.storage.WeightType;
import dev.lgc.dsl.type.DType;
import dev.lgc.dsl.type.Shape;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.DamagedFileException;
import dev.lgc.runtime.io.FileTensor;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.SafetensorsWriter;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.io.Together;
import dev.lgc.runtime.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A session's storage, to and from files.
 *
 * @param session where the tensors are
 * @param plan which there are
 */
public record Weights(Session session, ExecutionPlan plan) {

  /** Writes everything a run needs to go on: parameters, buffers, moments, average. */
  public void save(Path file, Checkpoint about) throws IOException {
    List<TensorEntry> tensors = new ArrayList<>();
    for (StoredTensor t : plan.storage()) {
      switch (t.role()) {
        case PARAMETER, BUFFER, MOMENT1, MOMENT2, AVERAGE -> tensors.add(entry(t));
        case FROZEN, GRADIENT, SCALE, CACHE -> {}
      }
    }
    SafetensorsWriter.write(file, about.metadata(), tensors);
  }

  private TensorEntry entry(StoredTensor t) {
    TensorType type = t.slot().type();
    long[] shape = type.shape().dims().stream().mapToLong(Integer::longValue).toArray();
    MemorySegment data = session.storage(t.name());
    return new TensorEntry(t.name(), stored(type.dtype()), shape, data.asSlice(0, type.bytes()));
  }

  private static StoredType stored(DType t) {
    return switch (t) {
      case F32 -> StoredType.F32;
      case F64 -> StoredType.F64;
      case BF16 -> StoredType.BF16;
      case F16 -> StoredType.F16;
      case I32 -> StoredType.I32;
      case I8 -> StoredType.I8;
      case BOOL -> StoredType.BOOL;
    };
  }

  /**
   * Reads what {@link #save} wrote, to the bit. Averages of a file that has none begin equal to the
   * parameters.
   *
   * @return whether the file has averages
   * @throws DamagedFileException if a tensor is not the one that was written
   */
  public boolean resume(SafetensorsFile file) {
    boolean averaged = WeightsOf.hasAverages(file);
    List<StoredTensor> wanted =
        plan.storage().stream()
            .filter(
                t ->
                    switch (t.role()) {
                      case PARAMETER, BUFFER, MOMENT1, MOMENT2 -> true;
                      case AVERAGE -> averaged;
                      case FROZEN, GRADIENT, SCALE, CACHE -> false;
                    })
            .toList();
    WeightNames names = names(file, wanted, StoredTensor::name, false);
    requireAll(names, wanted, StoredTensor::name);
    run(wanted.stream().map(t -> copy(file, names.find(t.name()).orElseThrow(), t)).toList());
    if (!averaged) {
      startAverages();
    }
    return averaged;
  }

  private static WeightNames names(
      SafetensorsFile file,
      List<StoredTensor> wanted,
      Function<StoredTensor, String> path,
      boolean averaged) {
    return WeightNames.of(file, wanted.stream().map(path).toList(), averaged);
  }

  /** Refuses a file without some of these. */
  private void requireAll(
      WeightNames names, List<StoredTensor> needed, Function<StoredTensor, String> path) {
    List<StoredTensor> missing =
        needed.stream().filter(t -> names.find(path.apply(t)).isEmpty()).toList();
    if (!missing.isEmpty()) {
      TensorType type = declared(missing.getFirst());
      throw names.missing(missing.stream().map(path).toList(), type.toString(), plan.model());
    }
  }

  private static TensorType declared(StoredTensor t) {
    TensorType type = t.slot().type();
    return new TensorType(type.dtype(), t.layout().declared(type.shape()));
  }

  /**
   * With all cores: one alone takes in memory that is new to it at a tenth of what a disk gives.
   */
  private static void run(List<Runnable> copies) {
    Together.run(copies);
  }

  /**
   * Reads parameters and buffers only; a parameter that the plan stores in fewer bits is quantized
   * here. What no step of the plan reads may be missing in the file: a published tokenizer comes
   * without its discriminator.
   *
   * @param averaged take the average of a parameter where the file has one
   * @return what to tell the user about the names in the file, if anything
   * @throws BadInputException if tensors are missing, have other shapes, or are not finite
   */
  public Optional<String> load(SafetensorsFile file, boolean averaged) {
    return load(file, averaged, read(plan));
  }

  /**
   * The same for a model that is to be trained, with some tensors by rows.
   *
   * @param rows by path of a parameter: which row of the file's tensor each of its rows is; -1 for
   *     one that stays as it is
   */
  public Optional<String> load(SafetensorsFile file, boolean averaged, Map<String, int[]> rows) {
    return load(file, averaged, read(plan), rows);
  }

  /**
   * The same.
   *
   * @param needed keys of what may not be missing
   */
  Optional<String> load(SafetensorsFile file, boolean averaged, Set<String> needed) {
    return load(file, averaged, needed, Map.of());
  }

  private Optional<String> load(
      SafetensorsFile file, boolean averaged, Set<String> needed, Map<String, int[]> rows) {
    List<StoredTensor> wanted =
        plan.storage().stream()
            .filter(t -> t.role() == Role.PARAMETER || t.role() == Role.BUFFER)
            .toList();
    WeightNames names = names(file, wanted, StoredTensor::path, averaged);
    requireAll(
        names, wanted.stream().filter(t -> needed.contains(t.name())).toList(), StoredTensor::path);
    List<Runnable> copies = new ArrayList<>();
    for (StoredTensor t : wanted) {
      String average = t.id().as(Role.AVERAGE).name();
      names
          .find(t.path())
          .map(name -> averaged && file.contains(average) ? average : name)
          .ifPresent(
              name ->
                  copies.add(
                      rows.containsKey(t.path())
                          ? new TensorRows(rows.get(t.path()))
                              .copy(file, name, t, session.editStorage(t.name()), plan.model())
                          : copy(file, name, t)));
    }
    run(copies);
    return names.note();
  }

  /** Keys of the parameters and buffers that some step of a plan reads. */
  static Set<String> read(ExecutionPlan plan) {
    Set<Slot> slots =
        plan.steps().values().stream()
            .flatMap(step -> step.calls().stream())
            .flatMap(call -> call.slots().stream())
            .filter(slot -> slot.arena() == Arena.PARAMETERS)
            .collect(Collectors.toSet());
    return plan.storage().stream()
        .filter(t -> slots.contains(t.slot()))
        .map(StoredTensor::name)
        .collect(Collectors.toSet());
  }

  /**
   * Reads frozen weights, each sub-block from its own file.
   *
   * @param files by path of the sub-block; names in a file may leave that path out
   * @return what to tell the user about the names in the files
   * @throws BadInputException if a frozen sub-block has no file, or the file not what it needs
   */
  public List<String> loadFrozen(Map<String, Path> files) {
    List<String> notes = new ArrayList<>();
    for (Map.Entry<String, Path> f : files.entrySet()) {
      String prefix = f.getKey() + ".";
      List<StoredTensor> wanted =
          plan.storage().stream()
              .filter(t -> t.role() == Role.FROZEN && t.path().startsWith(prefix))
              .toList();
      if (wanted.isEmpty()) {
        throw new BadInputException(
            "weights for " + f.getKey(),
            "the path of a frozen sub-block of " + plan.model(),
            "remove them from `weights`");
      }
      Function<StoredTensor, String> inner = t -> t.path().substring(prefix.length());
      try (SafetensorsFile file = SafetensorsFile.open(f.getValue())) {
        WeightNames inside = names(file, wanted, inner, false);
        boolean isInner = wanted.stream().anyMatch(t -> inside.find(inner.apply(t)).isPresent());
        Function<StoredTensor, String> path = isInner ? inner : StoredTensor::path;
        WeightNames names = isInner ? inside : names(file, wanted, path, false);
        requireAll(names, wanted, path);
        run(
            wanted.stream()
                .map(t -> copy(file, names.find(path.apply(t)).orElseThrow(), t))
                .toList());
        names.note().ifPresent(notes::add);
      }
    }
    plan.storage().stream()
        .filter(t -> t.role() == Role.FROZEN)
        .filter(t -> files.keySet().stream().noneMatch(p -> t.path().startsWith(p + ".")))
        .findFirst()
        .ifPresent(
            t -> {
              String block = t.path().substring(0, t.path().indexOf('.'));
              throw new BadInputException(
                  "the frozen weights of " + block + " in " + plan.model(),
                  "a file of them in the run file: `weights: {" + block + ": FILE}`",
                  block.equals("lpips")
                      ? "or train without them: perceptual_weight must be 0 without weights"
                      : "");
            });
    return notes;
  }

  /** How to copy a tensor, once it is known that it fits. */
  private Runnable copy(SafetensorsFile file, String name, StoredTensor t) {
    TensorType type = t.slot().type();
    TensorEntry found = file.tensor(name);
    Shape declared = t.layout().declared(type.shape());
    long[] shape = declared.dims().stream().mapToLong(Integer::longValue).toArray();
    if (!Arrays.equals(found.shape(), shape)) {
      throw BadInputException.in(
          file.path(),
          name + " is " + Arrays.toString(found.shape()),
          declared + ", as in " + plan.model(),
          "is it of a model with other parameters?");
    }
    MemorySegment to = session.editStorage(t.name());
    FileTensor source = file.source(name);
    Optional<WeightType> weights = WeightType.of(type.dtype());
    if (weights.isEmpty() && found.dtype() != stored(type.dtype())) {
      throw BadInputException.in(
          file.path(), name + " has type " + found.dtype(), type.dtype().keyword(), "");
    }
    Runnable read =
        weights
            .map(w -> read(source, t, w, to))
            .orElseGet(() -> () -> MemorySegment.copy(found.data(), 0, to, 0, type.bytes()));
    return () -> {
      read.run();
      source.check();
    };
  }

  /** Reads floats of a file as elements of a weight type. */
  private Runnable read(FileTensor source, StoredTensor t, WeightType type, MemorySegment to) {
    LayoutReader elements = new LayoutReader(source, t.layout(), t.slot().type().shape());
    if (type.isScaled()) {
      Tensor scales = session.editStorageTensor(t.id().as(Role.SCALE).name());
      return () -> Quantizer.store(type, elements, to, scales);
    }
    return type.isQuantized() || t.layout() != TensorLayout.ROW_MAJOR
        ? () -> Quantizer.store(type, elements, to)
        : () -> source.readFloats(0, to, 0, source.elements());
  }

  /** Makes the averages equal to the parameters, as a run begins. */
  public void startAverages() {
    for (StoredTensor t : plan.storage()) {
      if (t.role() == Role.AVERAGE) {
        session.editStorage(t.name()).copyFrom(session.storage(parameter(t).name()));
      }
    }
  }

  /**
   * Does {@code work} with the averages in the place of the parameters, where there are averages:
   * they change places, so nothing is copied and every bit is back afterwards.
   */
  public void withAverages(Runnable work) {
    swapAverages();
    try {
      work.run();
    } finally {
      swapAverages();
    }
  }

  /** The parameter that an average is of. */
  private static StoredId parameter(StoredTensor average) {
    return average.id().as(Role.PARAMETER);
  }

  private void swapAverages() {
    byte[] part = new byte[1 << 16];
    MemorySegment kept = MemorySegment.ofArray(part);
    for (StoredTensor t : plan.storage()) {
      if (t.role() == Role.AVERAGE) {
        MemorySegment a = session.editStorage(t.name());
        MemorySegment b = session.editStorage(parameter(t).name());
        for (long at = 0; at < a.byteSize(); at += part.length) {
          long n = Math.min(part.length, a.byteSize() - at);
          MemorySegment.copy(a, at, kept, 0, n);
          MemorySegment.copy(b, at, a, at, n);
          MemorySegment.copy(kept, 0, b, at, n);
        }
      }
    }
  }

  /**
   * Names these weights: equal names mean the same model with equal parameters. A code cache and a
   * generator keep the name of the tokenizer they rest on.
   *
   * @param fingerprint of the model
   */
  public String identity(String fingerprint) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(fingerprint.getBytes(StandardCharsets.UTF_8));
      for (StoredTensor t : plan.storage()) {
        if (t.role() == Role.PARAMETER) {
          MemorySegment s = session.storage(t.name());
          for (long at = 0; at < s.byteSize(); at += 1 << 26) {
            ByteBuffer part = s.asSlice(at, Math.min(1 << 26, s.byteSize() - at)).asByteBuffer();
            digest.update(part);
          }
        }
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
