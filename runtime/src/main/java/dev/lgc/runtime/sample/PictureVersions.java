package dev.lgc.runtime.sample;

import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;

/**
 * The versions of each picture that are encoded.
 *
 * @param ten the corners and the centre, and their mirror images; otherwise the centre
 * @param flip without {@code ten}: its mirror image, too
 * @param range of a ten-crop: how much larger than the crops the picture is scaled
 */
public record PictureVersions(boolean ten, boolean flip, double range) {
  /** The centre alone. */
  public static final PictureVersions CENTRE = new PictureVersions(false, false, 1);

  /** The number of versions. */
  public int count() {
    return ten ? Crops.TEN : flip ? 2 : 1;
  }

  /** The versions in a few words. */
  String text() {
    return ten ? "ten crops of " + range : flip ? "its mirror image too" : "one";
  }

  /** Pixels of the shorter side that crops of {@code side} pixels are cut from. */
  int whole(int side) {
    return ten ? (int) (side * range) : side;
  }

  /**
   * Cuts a version of a picture.
   *
   * @param side pixels of a side of the version
   */
  void cut(Crops crops, Picture whole, int side, int version, Picture into) {
    if (ten) {
      crops.ten(whole, side, range, version, into);
      return;
    }
    crops.center(whole, side, into);
    if (version == 1) {
      into.flip();
    }
  }
}
