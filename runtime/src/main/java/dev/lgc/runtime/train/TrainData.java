package dev.lgc.runtime.train;

import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.config.RunConfig;
import dev.lgc.runtime.config.RunFile;
import dev.lgc.runtime.config.UserError;
import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.PictureLoader;
import dev.lgc.runtime.data.PictureScan;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.model.InputKind;
import dev.lgc.runtime.model.RunFolder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
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

  TrainData(
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
        : new TrainCodes(run, c.codes().orElseThrow(), job.model(), batch, listener::warn)
            .open(position, earlier);
  }

  private static TrainData pictures(
      RunFile run,
      RunConfig.Data d,
      Batch batch,
      long position,
      boolean scan,
      TrainListener listener) {
    RunConfig c = run.config();
    TensorType image =
        run.at("data", () -> Feed.require(batch, InputKind.IMAGE, "pictures (`data`)"));
    int side = d.image().orElse(image.shape().dim(3));
    int micro = TrainJob.microBatch(c);
    Pictures pictures = Pictures.open(run, d, side, c.seed());
    pictures.texts().forEach(listener::note);
    Path list = new RunFolder(run.resolve(c.checkpoint().dir())).badPictures();
    BadPictures bad = new BadPictures(pictures.sources(), Optional.of(list), listener::warn);
    if (scan && d.onBadPicture() == RunConfig.Data.OnBadPicture.REFUSE) {
      listener.note("all pictures are read once, as `on_bad_picture: refuse` asks for");
      long all = pictures.sources().stream().mapToLong(PictureSource::size).sum();
      PictureScan.of(pictures.sources(), done -> listener.scanned(done, all));
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
