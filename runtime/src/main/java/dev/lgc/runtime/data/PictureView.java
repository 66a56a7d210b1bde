package dev.lgc.runtime.data;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Some pictures of another source, in an order of its own. */
public final class PictureView implements PictureSource {
  private final PictureSource whole;
  private final int[] indices;

  PictureView(PictureSource whole, int[] indices) {
    this.whole = whole;
    this.indices = indices.clone();
    for (int i : indices) {
      Objects.checkIndex(i, whole.size());
    }
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public int label(int i) {
    return whole.label(indices[i]);
  }

  @Override
  public void read(int i, Picture into) {
    whole.read(indices[i], into);
  }

  @Override
  public List<String> classes() {
    return whole.classes();
  }

  @Override
  public Optional<Contents> contents() {
    return whole.contents();
  }

  @Override
  public List<BadPicture> bad(int from) {
    return whole.bad(from);
  }

  @Override
  public String name(int i) {
    return whole.name(indices[i]);
  }
}
