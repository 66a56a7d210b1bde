package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.PictureLoader;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The data of a run: an endless feed to train on, and feeds that begin anew to be judged by. */
final class TrainData implements AutoCloseable {
  private final Feed train;
  private final Optional<Function<Batch, Feed>> heldOut;
  private final Optional<PictureSource> unseen;
  private final Map<String, String> facts;

  private TrainData(
      Feed train,
      Optional<Function<Batch, Feed>> heldOut,
      Optional<PictureSource> unseen,
      Map<String, String> facts) {
    this.train = train;
    this.heldOut = heldOut;
    this.unseen = unseen;
    this.facts = facts;
  }

  /** Opens the data of {@code job}, after {@code position} samples. */
  static TrainData open(TrainJob job, Batch batch, long position) {
    RunFile run = job.run();
    RunConfig c = run.config();
    return c.data().isPresent()
        ? pictures(run, c.data().get(), batch, position)
        : codes(run, c.codes().orElseThrow(), job.model(), batch, position);
  }

  private static TrainData pictures(RunFile run, RunConfig.Data d, Batch batch, long position) {
    RunConfig c = run.config();
    TensorType image = batch.type(InputKind.IMAGE);
    int side = d.image().orElse(image == null ? 1 : image.shape().dim(3));
    int micro = TrainJob.microBatch(c);
    Pictures pictures = Pictures.open(run, d, side, c.seed());
    PictureLoader.Crop crop =
        d.crop() == RunConfig.Data.Crop.RANDOM
            ? PictureLoader.Crop.RANDOM
            : PictureLoader.Crop.CENTER;
    PictureLoader.Settings settings =
        PictureLoader.Settings.training(micro, side, c.seed()).with(crop, d.flip());
    Optional<PictureSource> other = pictures.heldOut();
    return new TrainData(
        new Feed.OfPictures(batch, pictures.train(), settings, position),
        other.map(
            s -> b -> new Feed.OfPictures(b, s, PictureLoader.Settings.inOrder(micro, side), 0)),
        Optional.of(other.orElse(pictures.train())),
        Map.of("classes", String.join(",", pictures.train().classes())));
  }

  private static TrainData codes(
      RunFile run, RunConfig.Codes codes, CheckedModel model, Batch batch, long position) {
    RunConfig c = run.config();
    int micro = TrainJob.microBatch(c);
    CodeCache cache = CodeCache.open(run.resolve(codes.path()));
    CodeCacheInfo info = cache.info();
    check(run.resolve(codes.path()), info, model);
    Optional<Path> other = codes.heldOut().map(run::resolve);
    other.ifPresent(
        p -> {
          try (CodeCache held = CodeCache.open(p)) {
            held.requireTokenizer(info.fingerprint());
          }
        });
    return new TrainData(
        new Feed.OfCodes(batch, cache, micro, c.seed(), position),
        other.map(p -> b -> new Feed.OfCodes(b, CodeCache.open(p), micro, c.seed(), 0)),
        Optional.empty(),
        Map.of("tokenizer", info.fingerprint(), "classes", String.join(",", info.classes())));
  }

  /** Codes must be ones that the generator has. */
  private static void check(Path path, CodeCacheInfo info, CheckedModel model) {
    Object known = model.facts().get("codes");
    if (known instanceof Number n && n.intValue() != info.codebook()) {
      throw BadInputException.in(
          path,
          "codes of a tokenizer with " + info.codebook(),
          n + ", which " + model.name() + " is made for",
          "let the generator's `tokenizer` parameter name the tokenizer that made the codes");
    }
    Object classes = model.facts().get("classes");
    if (classes instanceof Number n && n.intValue() < info.classes().size()) {
      throw BadInputException.in(
          path,
          info.classes().size() + " classes",
          "at most " + n + ", which " + model.name() + " has",
          "set the model's parameter `classes`");
    }
  }

  Feed train() {
    return train;
  }

  boolean hasHeldOut() {
    return heldOut.isPresent();
  }

  /** A feed of the held-out data, from its start. */
  Feed heldOut(Batch batch) {
    return heldOut.orElseThrow().apply(batch);
  }

  /** The held-out pictures, or those to train on if none are held out; empty for codes. */
  Optional<PictureSource> unseen() {
    return unseen;
  }

  /** What a checkpoint remembers of the data. */
  Map<String, String> facts() {
    return facts;
  }

  @Override
  public void close() {
    train.close();
  }
}
