package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.CodeCache;
import dev.lgc.runtime.data.CodeCacheInfo;
import dev.lgc.runtime.data.PictureLoader;
import dev.lgc.runtime.data.PictureScan;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** The data of a run: an endless feed to train on, and feeds that begin anew to be judged by. */
final class TrainData implements AutoCloseable {
  private final Feed train;
  private final Optional<Function<Batch, Feed>> heldOut;
  private final Optional<PictureSource> unseen;
  private final Optional<Captions> captions;
  private final Map<String, String> facts;
  private final boolean labelled;
  private final ClassNames classes;
  private final Map<String, Object> folders;
  private final BadPictures bad;

  private TrainData(
      Feed train,
      Optional<Function<Batch, Feed>> heldOut,
      Optional<PictureSource> unseen,
      Optional<Captions> captions,
      boolean labelled,
      ClassNames classes,
      Map<String, String> facts,
      Map<String, Object> folders,
      BadPictures bad) {
    this.train = train;
    this.heldOut = heldOut;
    this.unseen = unseen;
    this.captions = captions;
    this.labelled = labelled;
    this.classes = classes;
    this.facts = facts;
    this.folders = folders;
    this.bad = bad;
  }

  /**
   * Opens the data of {@code job}, after {@code position} samples.
   *
   * @param earlier facts of the checkpoint that the run goes on from; empty if it begins
   * @param scan whether pictures are read beforehand where the run refuses bad ones
   * @param listener is told what there is, and what is not as it should be
   */
  static TrainData open(
      TrainJob job,
      Batch batch,
      long position,
      Map<String, String> earlier,
      boolean scan,
      TrainListener listener) {
    RunFile run = job.run();
    RunConfig c = run.config();
    return c.data().isPresent()
        ? pictures(run, c.data().get(), batch, position, scan, listener)
        : codes(
            run, c.codes().orElseThrow(), job.model(), batch, position, earlier, listener::warn);
  }

  private static TrainData pictures(
      RunFile run,
      RunConfig.Data d,
      Batch batch,
      long position,
      boolean scan,
      TrainListener listener) {
    RunConfig c = run.config();
    TensorType image = batch.type(InputKind.IMAGE);
    int side = d.image().orElse(image == null ? 1 : image.shape().dim(3));
    int micro = TrainJob.microBatch(c);
    Pictures pictures = Pictures.open(run, d, side, c.seed());
    pictures.texts().forEach(listener::note);
    Path list = run.resolve(c.checkpoint().dir()).resolve("bad-pictures.jsonl");
    BadPictures bad = new BadPictures(pictures.sources(), Optional.of(list), listener::warn);
    if (scan && d.onBadPicture() == RunConfig.Data.OnBadPicture.REFUSE) {
      listener.note("all pictures are read once, as `on_bad_picture: refuse` asks for");
      pictures.sources().forEach(PictureScan::of);
      refuseBad(run, bad);
    }
    PictureLoader.Crop crop =
        d.crop() == RunConfig.Data.Crop.RANDOM
            ? PictureLoader.Crop.RANDOM
            : PictureLoader.Crop.CENTER;
    PictureLoader.Settings settings =
        PictureLoader.Settings.training(micro, side, c.seed()).with(crop, d.flip());
    Optional<PictureSource> other = pictures.heldOut();
    ClassNames classes = new ClassNames(pictures.train().classes());
    boolean labelled = batch.type(InputKind.LABEL) != null;
    return new TrainData(
        run.at(
            d.image().isPresent() ? "data.image" : "data.kind",
            () -> new Feed.OfPictures(batch, pictures.train(), settings, position)),
        other.map(
            s -> b -> new Feed.OfPictures(b, s, PictureLoader.Settings.inOrder(micro, side), 0)),
        Optional.of(other.orElse(pictures.train())),
        Optional.empty(),
        labelled,
        classes,
        classes.facts(),
        pictures.json(),
        bad);
  }

  private static void refuseBad(RunFile run, BadPictures bad) {
    bad.tell();
    if (bad.count() > 0) {
      throw UserError.setting(
          run.place("data.on_bad_picture"),
          "not all pictures can be read, which `data.on_bad_picture` asks for",
          bad.count() == 1 ? "1 bad picture" : bad.count() + " bad pictures",
          "none",
          "mend or remove them; or with `on_bad_picture: skip` others are drawn in their place");
    }
  }

  private static TrainData codes(
      RunFile run,
      RunConfig.Codes codes,
      CheckedModel model,
      Batch batch,
      long position,
      Map<String, String> earlier,
      Consumer<String> warn) {
    RunConfig c = run.config();
    int micro = TrainJob.microBatch(c);
    Path path = run.resolve(codes.path());
    CodeCache cache = run.at("codes.path", () -> checked(path, model));
    CodeCacheInfo info = cache.info();
    boolean labelled = batch.type(InputKind.LABEL) != null;
    ClassNames own = new ClassNames(info.classes());
    ClassNames classes = labelled ? RunClasses.of(own, codes.classes(), earlier, warn) : own;
    int[] numbers = RunClasses.numbers(path, own, classes);
    List<String> unseen =
        labelled ? RunClasses.check(path, cache, classes, numbers, model, warn) : List.of();
    Optional<Path> other = codes.heldOut().map(run::resolve);
    other.ifPresent(
        p ->
            run.at(
                "codes.held_out",
                () -> {
                  try (CodeCache held = CodeCache.open(p)) {
                    held.requireTokenizer(info.fingerprint());
                    return heldOutNumbers(p, held, classes, labelled);
                  }
                }));
    Optional<Captions> captions = captions(run, codes.captions(), cache, batch, warn);
    Map<String, String> facts = new LinkedHashMap<>(classes.facts());
    facts.putAll(ClassNames.unseenFacts(RunClasses.neverSeen(unseen, earlier)));
    facts.put("tokenizer", info.fingerprint());
    return new TrainData(
        run.at(
            "codes.path",
            () -> new Feed.OfCodes(batch, cache, numbers, captions, micro, c.seed(), position)),
        other.map(p -> b -> heldOut(run, codes, p, b, classes, labelled)),
        Optional.empty(),
        captions,
        labelled,
        classes,
        facts,
        Map.of(),
        new BadPictures(List.of(), Optional.empty(), w -> {}));
  }

  private static Feed heldOut(
      RunFile run,
      RunConfig.Codes codes,
      Path path,
      Batch batch,
      ClassNames classes,
      boolean labelled) {
    RunConfig c = run.config();
    CodeCache cache = CodeCache.open(path);
    Optional<Path> file = codes.heldOutCaptions().or(codes::captions);
    Optional<Captions> captions = captions(run, file, cache, batch, w -> {});
    int[] numbers = heldOutNumbers(path, cache, classes, labelled);
    return new Feed.OfCodes(batch, cache, numbers, captions, TrainJob.microBatch(c), c.seed(), 0);
  }

  private static int[] heldOutNumbers(
      Path path, CodeCache cache, ClassNames classes, boolean labelled) {
    return labelled
        ? RunClasses.numbers(path, new ClassNames(cache.info().classes()), classes)
        : new int[0];
  }

  private static Optional<Captions> captions(
      RunFile run, Optional<Path> file, CodeCache cache, Batch batch, Consumer<String> warn) {
    return file.map(
        f -> run.at("codes.captions", () -> Captions.open(run.resolve(f), cache, batch, warn)));
  }

  private static CodeCache checked(Path path, CheckedModel model) {
    CodeCache cache = CodeCache.open(path);
    check(path, cache.info(), model);
    return cache;
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

  /** The captions of the codes. */
  Optional<Captions> captions() {
    return captions;
  }

  /** Whether the model is told the class of each sample. */
  boolean isLabelled() {
    return labelled;
  }

  /** The classes, by the numbers that the model knows them by. */
  ClassNames classes() {
    return classes;
  }

  /** What a checkpoint remembers of the data. */
  Map<String, String> facts() {
    return facts;
  }

  /**
   * Tells of bad pictures that were found since it was last asked. Even a run that refuses them
   * goes on: it has read all of them once, and what goes bad later is no reason to lose hours.
   */
  void tellBad() {
    bad.tell();
  }

  /** The pictures that cannot be read. */
  BadPictures bad() {
    return bad;
  }

  /** What folders of pictures hold, for scripts; empty for other data. */
  Map<String, Object> folders() {
    return folders;
  }

  @Override
  public void close() {
    train.close();
  }
}
