package dev.lgc.runtime.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Forwards events to several listeners. */
public record Listeners(List<TrainListener> all) implements TrainListener {
  @Override
  public void scanned(long done, long pictures) {
    all.forEach(l -> l.scanned(done, pictures));
  }

  @Override
  public void begins(long done, long steps) {
    all.forEach(l -> l.begins(done, steps));
  }

  @Override
  public void step(long done) {
    for (int i = 0; i < all.size(); i++) {
      all.get(i).step(done);
    }
  }

  @Override
  public void metrics(long done, Map<String, Double> values) {
    all.forEach(l -> l.metrics(done, values));
  }

  @Override
  public void heldOut(long done, Map<String, Double> losses) {
    all.forEach(l -> l.heldOut(done, losses));
  }

  @Override
  public void saved(long done, Path file) {
    all.forEach(l -> l.saved(done, file));
  }

  @Override
  public void drawn(long done, Path file) {
    all.forEach(l -> l.drawn(done, file));
  }

  @Override
  public void note(String text) {
    all.forEach(l -> l.note(text));
  }

  @Override
  public void warn(String text) {
    all.forEach(l -> l.warn(text));
  }
}
