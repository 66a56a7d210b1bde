package dev.lgc.runtime.train;

import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureReader;
import dev.lgc.runtime.data.PictureSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Some pictures' centre crops, read beforehand: nothing can fail when they are needed. Those that
 * cannot be read are left out.
 */
final class ReadPictures implements PictureSource {
  private final PictureSource from;
  private final List<Integer> indices = new ArrayList<>();
  private final List<Picture> crops = new ArrayList<>();

  /**
   * Reads them.
   *
   * @param side of the crops, in pixels
   */
  ReadPictures(PictureSource from, int side) {
    this.from = from;
    PictureReader reader = new PictureReader(from);
    Crops crop = new Crops();
    Picture whole = Picture.forCrops(side);
    for (int i = 0; i < from.size(); i++) {
      if (reader.read(i, whole)) {
        Picture square = new Picture();
        crop.center(whole, side, square);
        indices.add(i);
        crops.add(square);
      }
    }
  }

  @Override
  public int size() {
    return crops.size();
  }

  @Override
  public int label(int i) {
    return from.label(indices.get(i));
  }

  @Override
  public void read(int i, Picture into) {
    into.copyFrom(crops.get(i));
  }

  @Override
  public List<String> classes() {
    return from.classes();
  }

  @Override
  public String name(int i) {
    return from.name(indices.get(i));
  }
}
