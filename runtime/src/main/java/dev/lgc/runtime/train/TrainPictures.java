package dev.lgc.runtime.train;

import dev.lgc.dsl.model.CheckedModel;
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
import java.util.Optional;

/**
 * The pictures of a run, before they are opened.
 *
 * @param run whose they are
 * @param parts of the run's batches
 * @param data the settings of the pictures
 * @param model that learns from them
 * @param batch that they are put into
 * @param listener is told what there is, and what is not as it should be
 */
record TrainPictures(
    RunFile run,
    BatchParts parts,
    RunConfig.Data data,
    CheckedModel model,
    Batch batch,
    TrainListener listener) {

  /**
   * Opens them, after {@code position} samples.
   *
   * @param scan true if rank 0 reads all pictures beforehand where the run refuses bad ones
   */
  TrainData open(long position, boolean scan) {
    RunConfig c = run.config();
    TensorType image =
        run.at("data", () -> BatchLoader.require(batch, InputKind.IMAGE, "pictures (`data`)"));
    int side = data.image().orElse(image.shape().dim(3));
    int samples = parts.samples(c);
    Pictures pictures = Pictures.open(run, data, side, c.seed());
    pictures.texts().forEach(listener::note);
    ClassNames classes = new ClassNames(pictures.train().classes());
    boolean labelled = batch.type(InputKind.LABEL) != null;
    if (labelled) {
      String key = data.path().isPresent() ? "data.path" : "data.kind";
      run.validate(key, () -> RunClasses.require("the pictures", classes.size(), model));
      RunClasses.warnOfMore("the pictures", classes.size(), model, listener::warn);
    }
    Path list = new RunFolder(run.resolve(c.checkpoint().dir())).badPictures();
    boolean first = parts.rank() == 0;
    BadPictures bad =
        new BadPictures(
            pictures.sources(), first ? Optional.of(list) : Optional.empty(), listener::warn);
    if (scan && first && data.onBadPicture() == RunConfig.Data.OnBadPicture.REFUSE) {
      listener.note("all pictures are read once, as `on_bad_picture: refuse` asks for");
      long all = pictures.sources().stream().mapToLong(PictureSource::size).sum();
      PictureScan.of(pictures.sources(), done -> listener.scanned(done, all));
      refuse(bad);
    }
    PictureLoader.Crop crop =
        data.crop() == RunConfig.Data.Crop.RANDOM
            ? PictureLoader.Crop.RANDOM
            : PictureLoader.Crop.CENTER;
    PictureLoader.Settings settings =
        PictureLoader.Settings.training(samples, side, c.seed())
            .with(crop, data.flip())
            .with(parts.share());
    Optional<PictureSource> other = pictures.heldOut();
    return new TrainData(
        run.at(
            data.image().isPresent() ? "data.image" : "data.kind",
            () -> new BatchLoader.OfPictures(batch, pictures.train(), settings, position)),
        other.map(
            s ->
                (b, share) ->
                    new BatchLoader.OfPictures(
                        b, s, PictureLoader.Settings.inOrder(samples, side).with(share), 0)),
        Optional.of(other.orElse(pictures.train())),
        Optional.empty(),
        labelled,
        classes,
        classes.facts(),
        pictures.json(),
        bad);
  }

  private void refuse(BadPictures bad) {
    bad.tell();
    if (bad.count() > 0) {
      throw UserError.setting(
          run.place("data.on_bad_picture"),
          "some pictures cannot be read, and `data.on_bad_picture` is `refuse`",
          bad.count() == 1 ? "1 bad picture" : bad.count() + " bad pictures",
          "none",
          "repair or remove them; or use `on_bad_picture: skip` to replace them by others");
    }
  }
}
