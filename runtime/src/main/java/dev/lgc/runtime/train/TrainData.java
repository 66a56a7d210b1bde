package dev.lgc.runtime.train;

import dev.lgc.runtime.data.ClassNames;
import dev.lgc.runtime.data.PictureSource;
import dev.lgc.runtime.data.RankShare;
import java.util.Map;
import java.util.Optional;

/**
 * The data of a run: an endless loader to train on, and loaders of held-out data that begin anew.
 */
final class TrainData implements AutoCloseable {
  /** Opens held-out data. */
  @FunctionalInterface
  interface HeldOutLoader {
    /** Opens a share of its batches, from the first on. */
    BatchLoader open(Batch batch, RankShare share);
  }

  private final BatchLoader train;
  private final Optional<HeldOutLoader> heldOut;
  private final Optional<PictureSource> unseen;
  private final Optional<Captions> captions;
  private final Map<String, String> facts;
  private final boolean labelled;
  private final ClassNames classes;
  private final Map<String, Object> folders;
  private final BadPictures bad;

  TrainData(
      BatchLoader train,
      Optional<HeldOutLoader> heldOut,
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

  BatchLoader train() {
    return train;
  }

  boolean hasHeldOut() {
    return heldOut.isPresent();
  }

  /**
   * A loader of the held-out data, from its start.
   *
   * @param share of the batches that it gives
   */
  BatchLoader heldOut(Batch batch, RankShare share) {
    return heldOut.orElseThrow().open(batch, share);
  }

  /** The held-out pictures, or those to train on if none are held out; empty for codes. */
  Optional<PictureSource> unseen() {
    return unseen;
  }

  /** The captions of the codes. */
  Optional<Captions> captions() {
    return captions;
  }

  /** Returns true if the model is told the class of each sample. */
  boolean isLabelled() {
    return labelled;
  }

  /** The classes, by the numbers that the model knows them by. */
  ClassNames classes() {
    return classes;
  }

  /** The facts of the data that a checkpoint keeps. */
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

  /** The contents of folders of pictures, for scripts; empty for other data. */
  Map<String, Object> folders() {
    return folders;
  }

  @Override
  public void close() {
    train.close();
  }
}
