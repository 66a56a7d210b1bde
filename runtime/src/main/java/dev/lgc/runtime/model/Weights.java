package dev.lgc.runtime.model;

import dev.lgc.compiler.plan.Arena;
import dev.lgc.compiler.plan.ExecutionPlan;
import dev.lgc.compiler.plan.Slot;
import dev.lgc.compiler.plan.StoredTensor;
import dev.lgc.compiler.rewrite.storage.StoredId.Role;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.DamagedFileException;
import dev.lgc.runtime.io.Parallel;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.TensorEntry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The storage of a session, loaded from files and saved to them.
 *
 * @param session where the tensors are
 * @param plan which there are
 * @param rank of this process in its run, which says the blocks of tensors that it stores
 */
public record Weights(Session session, ExecutionPlan plan, int rank) {
  /** Those of one process. */
  public Weights(Session session, ExecutionPlan plan) {
    this(session, plan, 0);
  }

  /** Writes everything a run of one rank needs to go on: parameters, buffers, moments, average. */
  public void save(Path file, Checkpoint about) throws IOException {
    save(file, about, List.of());
  }

  /**
   * The same.
   *
   * @param beside what else is to be kept
   */
  public void save(Path file, Checkpoint about, List<TensorEntry> beside) throws IOException {
    saved(beside).write(file, about, List.of());
  }

  /**
   * The tensors that a checkpoint keeps, as this rank has them.
   *
   * @param beside what else is to be kept
   */
  public CheckpointTensors saved(List<TensorEntry> beside) {
    return CheckpointTensors.of(session, plan, rank, beside);
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
                      case FROZEN, GRADIENT, LOCAL, PARTIAL, SCALE, CACHE -> false;
                    })
            .toList();
    WeightNames names = names(file, wanted, StoredTensor::name, false);
    requireAll(names, wanted, StoredTensor::name);
    run(wanted.stream().map(t -> copy(file, names.find(t.name()).orElseThrow(), t)).toList());
    if (!averaged) {
      averages().start();
    }
    return averaged;
  }

  /**
   * Reads some stored tensors from others of a file, to the bit.
   *
   * @param from for each name of a stored tensor that of the file's
   * @throws DamagedFileException if a tensor is not the one that was written
   */
  public void resume(SafetensorsFile file, Map<String, String> from) {
    List<StoredTensor> wanted =
        plan.storage().stream().filter(t -> from.containsKey(t.name())).toList();
    Function<StoredTensor, String> name = t -> from.get(t.name());
    WeightNames names = names(file, wanted, name, false);
    requireAll(names, wanted, name);
    run(wanted.stream().map(t -> copy(file, names.find(name.apply(t)).orElseThrow(), t)).toList());
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
    return new TensorType(type.dtype(), TensorCopy.declared(t));
  }

  /**
   * With all cores: one alone takes in memory that is new to it at a tenth of what a disk gives.
   */
  private static void run(List<Runnable> copies) {
    Parallel.run(copies);
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
                              .copy(
                                  file, name, t, rank, session.editStorage(t.name()), plan.model())
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
      String part = f.getKey();
      List<StoredTensor> wanted =
          plan.storage().stream()
              .filter(t -> t.role() == Role.FROZEN && t.id().within(part).isPresent())
              .toList();
      if (wanted.isEmpty()) {
        throw new BadInputException(
            "weights for " + part,
            "the path of a frozen sub-block of " + plan.model(),
            "remove them from `weights`");
      }
      Function<StoredTensor, String> inner = t -> t.id().within(part).orElseThrow();
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
        .filter(t -> files.keySet().stream().allMatch(p -> t.id().within(p).isEmpty()))
        .findFirst()
        .ifPresent(
            t -> {
              String block = t.id().part();
              throw new BadInputException(
                  "the frozen weights of " + block + " in " + plan.model(),
                  "a file of them in the run file: `weights: {" + block + ": FILE}`",
                  block.equals("lpips")
                      ? "or train without them: perceptual_weight must be 0 without weights"
                      : "");
            });
    return notes;
  }

  /** The averages of the parameters. */
  public WeightAverages averages() {
    return new WeightAverages(session, plan);
  }

  private Runnable copy(SafetensorsFile file, String name, StoredTensor t) {
    return new TensorCopy(session, plan.model(), rank).of(file, name, t);
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
