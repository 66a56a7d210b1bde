package dev.lgc.runtime.sample;

import dev.lgc.compiler.pipeline.Request;
import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.Artifact;
import dev.lgc.runtime.model.Checkpoint;
import dev.lgc.runtime.model.CheckpointFolder;
import dev.lgc.runtime.model.FunctionPrecision;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.ModelChoice;
import dev.lgc.runtime.model.PlanSource;
import dev.lgc.runtime.model.PlannedModel;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.model.WeightsListener;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A tokenizer in both directions: pictures to codes with {@code encode}, codes to pictures with
 * {@code decode}.
 */
public final class Tokenizer {
  private final Session session;
  private final Outline model;
  private final int batch;

  /**
   * For a session whose plan has the entries {@code encode}, {@code decode} or both.
   *
   * @param batch samples in a batch of the plan
   */
  public Tokenizer(Session session, Outline model, int batch) {
    this.session = session;
    this.model = model;
    this.batch = batch;
  }

  /**
   * Loads a tokenizer's checkpoint for {@code entries}, of {@code encode} and {@code decode}.
   *
   * @param listener is told what the user should know of the weights
   */
  public static LoadedModel load(
      Path path, int batch, Device device, WeightsListener listener, String... entries) {
    return plan(path, WeightsChoice.best(), batch, listener::warn, entries).load(device, listener);
  }

  /** Plans for a tokenizer in the precision that it was compiled for, else F32. */
  public static PlannedModel plan(
      Path path, WeightsChoice weights, int batch, Consumer<String> warn, String... entries) {
    return plan(path, weights, FunctionPrecision.DEFAULT, batch, warn, entries);
  }

  /**
   * Plans for a tokenizer's checkpoint, or for a compiled one that has its weights.
   *
   * @param weights which of them are taken
   * @param precision of the entries
   * @param warn is told which checkpoints of a folder are damaged
   */
  public static PlannedModel plan(
      Path path,
      WeightsChoice weights,
      FunctionPrecision precision,
      int batch,
      Consumer<String> warn,
      String... entries) {
    if (Artifact.isNamed(path.toString())) {
      PlanSource source = PlanSource.of(Artifact.read(path)).with(weights);
      return plan(Optional.empty(), source, precision, batch, entries);
    }
    Path file = CheckpointFolder.resolve(path, warn);
    PlanSource source = PlanSource.of(Checkpoint.read(file)).with(weights);
    return plan(Optional.of(file), source, precision, batch, entries);
  }

  /**
   * Loads the tokenizer whose codes a generator learned.
   *
   * @param planned with the averages of its parameters or without, where {@code wanted} is empty
   * @param wanted which weights the user asks for
   * @param listener is told what the user should know of the weights that are taken
   * @throws BadInputException if it is another one
   */
  public static LoadedModel load(
      PlannedModel planned,
      WeightsChoice wanted,
      LearnedTokenizer learned,
      Device device,
      WeightsListener listener) {
    return learned.load(
        planned.image().isPresent()
            ? List.of(planned.weights())
            : wanted.candidates(planned.file()),
        listener,
        (weights, told) -> planned.with(weights).load(device, told));
  }

  /**
   * Plans for a tokenizer's weights.
   *
   * @param file where they are; empty if they are with what was compiled
   * @param source of the model they are of
   * @param precision of the entries
   */
  public static PlannedModel plan(
      Optional<Path> file,
      PlanSource source,
      FunctionPrecision precision,
      int batch,
      String... entries) {
    return source.plan(
        file,
        batch,
        model ->
            precision.in(
                Arrays.stream(entries)
                    .<Request>map(e -> new Request.Evaluate(LoadedModel.entry(model, e).name()))
                    .toList(),
                source));
  }

  /**
   * The tokenizer that a generator names in its own sources, at the generator's picture size.
   *
   * @throws BadInputException if the generator names none
   */
  public static PlanSource named(PlanSource generator) {
    if (generator.compiled().isPresent() && generator.compiled().get().tokenizer().isPresent()) {
      return PlanSource.of(generator.compiled().get().tokenizer().get());
    }
    Checkpoint about = generator.about();
    return PlanSource.of(
        Checkpoint.elsewhere(named(about.model().arch(), generator.outline()), about.sources()));
  }

  /**
   * Returns true if a generator was compiled with the tokenizer that it names, and with its
   * weights.
   */
  public static boolean isWith(PlanSource generator) {
    return generator.compiled().flatMap(Artifact::tokenizer).flatMap(Artifact::weights).isPresent();
  }

  /**
   * The tokenizer that a generator names, at the generator's picture size.
   *
   * @param arch where both are
   * @throws BadInputException if the generator names none
   */
  public static ModelChoice named(String arch, Outline model) {
    CheckedModel.TokenizerFacts named =
        model
            .tokenizer()
            .orElseThrow(
                () ->
                    new BadInputException(
                        "the model " + model.name() + " names no tokenizer",
                        "a parameter of type Tokenizer",
                        "name the tokenizer's checkpoint with -t"));
    Map<String, String> arguments = new LinkedHashMap<>(named.arguments());
    String image = model.arguments().get("image");
    if (image != null) {
      arguments.putIfAbsent("image", image);
    }
    return new ModelChoice(arch, named.model(), arguments);
  }

  /** A tokenizer that was loaded. */
  public static Tokenizer of(LoadedModel loaded) {
    return new Tokenizer(loaded.session(), loaded.model(), loaded.batch());
  }

  /** Samples in a batch. */
  public int batch() {
    return batch;
  }

  /** Pixels of a side. */
  public int side() {
    return side(model);
  }

  /** Pixels of a side of a tokenizer's pictures. */
  public static int side(Outline model) {
    Outline.Signature e = model.entry("encode").orElseGet(() -> LoadedModel.entry(model, "decode"));
    TensorType t = e.name().equals("encode") ? type(e, InputKind.IMAGE) : e.outputs().get("result");
    if (t.shape().rank() != 4 || t.shape().dim(2) != t.shape().dim(3)) {
      throw new BadInputException(
          e.where() + ": " + e.name() + " has pictures " + t, "[b, 3, size, size]", "");
    }
    return t.shape().dim(3);
  }

  /** Bytes of a number of its pictures as bytes of RGB. */
  public static long pictureBytes(Outline model, long pictures) {
    return 3L * side(model) * side(model) * pictures;
  }

  /** The size of the codebook. */
  public int codebook() {
    return LoadedModel.fact(model, "codes");
  }

  /** Codes of a picture. */
  public int tokens() {
    Outline.Signature e = LoadedModel.entry(model, "decode");
    return type(e, InputKind.CODES).shape().dim(1);
  }

  private static TensorType type(Outline.Signature e, InputKind kind) {
    String name = LoadedModel.input(e, kind);
    return e.inputs().stream().filter(i -> i.name().equals(name)).findFirst().orElseThrow().type();
  }

  /** The memory of the pictures of the next {@link #encode}: f32 [batch, 3, side, side]. */
  public MemorySegment pixels() {
    Outline.Signature e = LoadedModel.entry(model, "encode");
    return session.input("encode", LoadedModel.input(e, InputKind.IMAGE));
  }

  /** Writes picture {@code row} of the next {@link #encode}. */
  public void put(Picture square, int row) {
    Crops.toTensor(square, pixels(), 12L * row * square.width() * square.height());
  }

  /** The codes of the batch that was written: int [batch, tokens]. */
  public MemorySegment encode() {
    session.run("encode");
    return session.output("encode", "result");
  }

  /** The codes of row {@code row} of an encoded batch. */
  public int[] row(MemorySegment codes, int row) {
    int[] out = new int[tokens()];
    MemorySegment.copy(codes, ValueLayout.JAVA_INT, 4L * row * out.length, out, 0, out.length);
    return out;
  }

  /**
   * The pictures of codes, any number of them; nothing if stopped.
   *
   * @param stop asked before each kernel, where the device can end early
   */
  public Optional<List<Picture>> decode(int[][] codes, BooleanSupplier stop) {
    return session.unlessStopped(stop, () -> decode(codes));
  }

  /** The pictures of codes, any number of them. */
  public List<Picture> decode(int[][] codes) {
    Outline.Signature e = LoadedModel.entry(model, "decode");
    String input = LoadedModel.input(e, InputKind.CODES);
    int tokens = tokens();
    int side = side();
    List<Picture> all = new ArrayList<>();
    for (int first = 0; first < codes.length; first += batch) {
      int rows = Math.min(batch, codes.length - first);
      MemorySegment into = session.input("decode", input);
      for (int r = 0; r < batch; r++) {
        int[] one = codes[first + Math.min(r, rows - 1)];
        if (one.length != tokens) {
          throw new BadInputException(
              one.length + " codes",
              tokens + ", which the tokenizer decodes",
              "is it the generator's tokenizer?");
        }
        MemorySegment.copy(one, 0, into, ValueLayout.JAVA_INT, 4L * r * tokens, tokens);
      }
      session.run("decode");
      MemorySegment pixels = session.output("decode", "result");
      for (int r = 0; r < rows; r++) {
        Picture p = new Picture();
        Crops.toPicture(pixels, 12L * r * side * side, side, side, p);
        all.add(p);
      }
    }
    return all;
  }
}
