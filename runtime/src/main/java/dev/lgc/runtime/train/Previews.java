package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.model.Outline;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.exec.Device;
import dev.lgc.runtime.exec.Session;
import dev.lgc.runtime.exec.StoppedException;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.LoadedModel;
import dev.lgc.runtime.model.RunFolder;
import dev.lgc.runtime.model.Weights;
import dev.lgc.runtime.model.WeightsChoice;
import dev.lgc.runtime.report.PngGrid;
import dev.lgc.runtime.sample.CodeSampler;
import dev.lgc.runtime.sample.Conditions;
import dev.lgc.runtime.sample.LearnedTokenizer;
import dev.lgc.runtime.sample.Reconstruction;
import dev.lgc.runtime.sample.SampleSettings;
import dev.lgc.runtime.sample.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Pictures of what a run's model can do so far, {@code samples/step-….png} in the run's folder: a
 * generator draws some, a tokenizer reconstructs some that it does not learn from. The same
 * conditions and the same random numbers, or the same pictures, each time.
 *
 * <p>They are made by the training session itself, with the averages in the place of the parameters
 * where the run has averages: there is no second model, and what is trained does not change by a
 * bit.
 */
final class Previews implements AutoCloseable {
  private final RunFolder folder;
  private final Weights weights;
  private final int rank;

  /** True if all ranks draw together, as each has a part of the parameters. */
  private final boolean together;

  private final Drawing drawing;

  private Previews(RunFolder folder, Weights weights, int rank, boolean together, Drawing drawing) {
    this.folder = folder;
    this.weights = weights;
    this.rank = rank;
    this.together = together;
    this.drawing = drawing;
  }

  /**
   * Prepares them.
   *
   * @param session of a plan of {@link PreviewRequests}
   * @param listener is told what the user should know of the decoder's weights
   * @throws BadInputException if they cannot be drawn: another tokenizer's codes, say
   */
  static Previews open(
      TrainJob job,
      Session session,
      Weights weights,
      TrainData data,
      Device device,
      TrainListener listener) {
    PngGrid.prepare();
    RunConfig c = job.run().config();
    boolean together = job.parts().hasBlocks();
    Drawing drawing =
        c.codes().isEmpty()
            ? reconstructions(job, session, data, together)
            : codes(job, session, data, device, listener);
    RunFolder folder = new RunFolder(job.run().resolve(c.checkpoint().dir()));
    return new Previews(folder, weights, job.parts().rank(), together, drawing);
  }

  private static Reconstructions reconstructions(
      TrainJob job, Session session, TrainData data, boolean together) {
    RunConfig c = job.run().config();
    Tokenizer tokenizer = new Tokenizer(session, Outline.of(job.model()), job.parts().samples(c));
    PictureSource all = data.unseen().orElseThrow();
    int n = Math.min(c.samples().count(), all.size());
    PictureSource some = all.subset(EvenIndices.of(n, all.size()));
    // Between two of their steps, ranks that compute together must not fail alone.
    return new Reconstructions(
        tokenizer, together ? new ReadPictures(some, tokenizer.side()) : some);
  }

  /** Codes; rank 0 alone has a decoder for them. */
  private static Samples codes(
      TrainJob job, Session session, TrainData data, Device device, TrainListener listener) {
    if (job.parts().rank() > 0) {
      return codes(job, session, data, Optional.empty());
    }
    String made = data.facts().get(LearnedTokenizer.FACT);
    LoadedModel decoder =
        Tokenizer.load(
            job.decoder().orElseThrow().orThrow(),
            WeightsChoice.best(),
            new LearnedTokenizer(made, "correct `samples.tokenizer`"),
            device,
            listener);
    try {
      return codes(job, session, data, Optional.of(decoder));
    } catch (RuntimeException | Error e) {
      decoder.close();
      throw e;
    }
  }

  private static Samples codes(
      TrainJob job, Session session, TrainData data, Optional<LoadedModel> decoder) {
    RunConfig c = job.run().config();
    int batch = job.parts().samples(c);
    CodeSampler sampler = new CodeSampler(session, job.plan(), Outline.of(job.model()), batch);
    Requested wanted = requested(job.model(), data, c.samples().count());
    return new Samples(sampler, wanted, PreviewRequests.settings(c), decoder);
  }

  /** Some captions; or classes and what they are called, all in turn or as many as fit. */
  private static Requested requested(CheckedModel model, TrainData data, int count) {
    if (data.captions().isPresent()) {
      Captions all = data.captions().get();
      return new Requested(new Conditions.Captions(all.features(), all.some(count)), List.of());
    }
    ClassNames names = ClassNames.of(data.facts());
    int classes = names.known() ? names.size() : LoadedModel.fact(Outline.of(model), "classes");
    int[] labels = EvenIndices.of(count, classes);
    List<String> shown = IntStream.of(labels).mapToObj(names::shown).toList();
    return new Requested(new Conditions.Classes(labels), shown);
  }

  /** The things to draw, which ranks that draw together have in common. */
  String subject() {
    return drawing.subject();
  }

  /** Returns true if there is none after {@code done} steps: drawing it was stopped, say. */
  boolean lacks(long done) {
    return Files.notExists(folder.preview(done));
  }

  /** The same as {@code stop}; or never, where other ranks would wait for this one. */
  BooleanSupplier unlessShared(BooleanSupplier stop) {
    return together ? () -> false : stop;
  }

  /**
   * Draws and writes one, after {@code done} steps; returns its file, which rank 0 alone writes.
   *
   * @param stop gives it up by a {@link dev.lgc.runtime.exec.StoppedException}, where no other rank
   *     has a part in it; the training session has been told too
   * @throws UncheckedIOException if it cannot be written
   */
  Path draw(long done, BooleanSupplier stop) {
    List<PngGrid> grid = new ArrayList<>();
    weights.averages().swappedIn(() -> drawing.draw(unlessShared(stop)).ifPresent(grid::add));
    Path file = folder.preview(done);
    if (rank > 0) {
      return file;
    }
    try {
      grid.getFirst().write(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  @Override
  public void close() {
    drawing.close();
  }

  /** Makes a picture with the weights as they are. */
  private sealed interface Drawing {
    /** Makes it; on a rank that only takes part in it there is none. */
    Optional<PngGrid> draw(BooleanSupplier stop);

    String subject();

    default void close() {}
  }

  /** Conditions, and what is written below their pictures. */
  private record Requested(Conditions conditions, List<String> labels) {}

  private record Reconstructions(Tokenizer tokenizer, PictureSource source) implements Drawing {
    @Override
    public Optional<PngGrid> draw(BooleanSupplier stop) {
      Reconstruction r = Reconstruction.of(tokenizer, source, source.size(), n -> {});
      int columns = columns(source.size());
      return Optional.of(PngGrid.of(r.rows(columns), columns));
    }

    @Override
    public String subject() {
      return source.digest();
    }
  }

  /** Codes, and on rank 0 the pictures of them. */
  private record Samples(
      CodeSampler sampler,
      Requested requested,
      SampleSettings settings,
      Optional<LoadedModel> decoder)
      implements Drawing {
    @Override
    public Optional<PngGrid> draw(BooleanSupplier stop) {
      int[][] codes =
          sampler
              .sample(requested.conditions, settings, stop, n -> {})
              .orElseThrow(StoppedException::new);
      if (decoder.isEmpty()) {
        return Optional.empty();
      }
      LoadedModel by = decoder.get();
      List<Picture> pictures =
          by.session()
              .unlessStopped(stop, () -> Tokenizer.of(by).decode(codes))
              .orElseThrow(StoppedException::new);
      return Optional.of(PngGrid.of(pictures, columns(pictures.size())).labels(requested.labels));
    }

    @Override
    public String subject() {
      return requested.labels.toString();
    }

    @Override
    public void close() {
      decoder.ifPresent(LoadedModel::close);
    }
  }

  private static int columns(int pictures) {
    return (int) Math.ceil(Math.sqrt(pictures));
  }
}
