package dev.lgc.runtime.report;

import dev.lgc.runtime.data.Crops;
import dev.lgc.runtime.data.Picture;
import dev.lgc.runtime.data.PictureSource;
import java.util.Arrays;
import java.util.List;

/**
 * Says which class a picture looks like: the most frequent among the {@code k} labelled pictures
 * nearest to it. Fitted to real pictures and asked about sampled ones, it tells how often a
 * class-conditional model draws what it was asked for; how often it is right about held-out real
 * pictures ({@link #accuracy(PictureSource)}) is what that number can reach.
 *
 * <p>Immutable; may be asked from any thread.
 */
public final class NearestNeighbours {
  /** The features of a picture that are compared, by Euclidean distance. */
  public enum Feature {
    /** The picture itself, cropped and reduced to 16 by 16 by a smoothing filter. */
    PIXELS {
      @Override
      float[] of(Picture p) {
        Picture small = new Picture();
        new Crops().center(p, SIDE, small);
        float[] out = new float[3 * SIDE * SIDE];
        for (int i = 0; i < out.length; i++) {
          out[i] = (small.rgb()[i] & 0xff) / 255f;
        }
        return out;
      }
    },

    /**
     * The difference of each place from the border's mean colour, moved to its centre of mass and
     * scaled to a common extent, in 16 by 16: shapes on plain grounds, whatever their colours,
     * place and size.
     */
    SHAPE {
      @Override
      float[] of(Picture p) {
        return ShapeFeature.of(p, SIDE);
      }
    };

    private static final int SIDE = 16;

    abstract float[] of(Picture p);
  }

  private final Feature feature;
  private final int k;
  private final List<String> classes;
  private final float[][] known;
  private final int[] labels;

  private NearestNeighbours(
      Feature feature, int k, List<String> classes, float[][] known, int[] labels) {
    this.feature = feature;
    this.k = k;
    this.classes = classes;
    this.known = known;
    this.labels = labels;
  }

  /**
   * Remembers all pictures of {@code source}.
   *
   * @param k how many neighbours vote, at least 1; more than there are pictures means all
   */
  public static NearestNeighbours fit(PictureSource source, Feature feature, int k) {
    if (k < 1 || source.size() < 1) {
      throw new IllegalArgumentException(k + " neighbours of " + source.size());
    }
    float[][] known = new float[source.size()][];
    int[] labels = new int[known.length];
    Picture p = new Picture();
    for (int i = 0; i < known.length; i++) {
      source.read(i, p);
      known[i] = feature.of(p);
      labels[i] = source.label(i);
    }
    return new NearestNeighbours(
        feature, Math.min(k, known.length), source.classes(), known, labels);
  }

  /** The names of the classes, by label. */
  public List<String> classes() {
    return classes;
  }

  /**
   * The label that most neighbours of {@code p} have; among equals, that of the nearest of them.
   */
  public int classify(Picture p) {
    int[] near = nearest(feature.of(p));
    int[] votes = new int[Math.max(classes.size(), 1 + Arrays.stream(labels).max().orElse(0))];
    int best = labels[near[0]];
    for (int i : near) {
      votes[labels[i]]++;
    }
    for (int i : near) {
      if (votes[labels[i]] > votes[best]) {
        best = labels[i];
      }
    }
    return best;
  }

  /** The share of {@code pictures} that are classified as {@code wanted} says, in [0, 1]. */
  public double accuracy(List<Picture> pictures, int... wanted) {
    int right = 0;
    for (int i = 0; i < wanted.length; i++) {
      right += classify(pictures.get(i)) == wanted[i] ? 1 : 0;
    }
    return (double) right / wanted.length;
  }

  /** The share of the pictures of {@code source} that are classified as labelled, in [0, 1]. */
  public double accuracy(PictureSource source) {
    int right = 0;
    Picture p = new Picture();
    for (int i = 0; i < source.size(); i++) {
      source.read(i, p);
      right += classify(p) == source.label(i) ? 1 : 0;
    }
    return (double) right / source.size();
  }

  /** The {@code k} nearest, nearest first. */
  private int[] nearest(float[] wanted) {
    int[] near = new int[k];
    double[] distance = new double[k];
    Arrays.fill(distance, Double.POSITIVE_INFINITY);
    for (int i = 0; i < known.length; i++) {
      double d = distance(wanted, known[i]);
      int at = k;
      while (at > 0 && d < distance[at - 1]) {
        at--;
      }
      if (at < k) {
        System.arraycopy(near, at, near, at + 1, k - at - 1);
        System.arraycopy(distance, at, distance, at + 1, k - at - 1);
        near[at] = i;
        distance[at] = d;
      }
    }
    return near;
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      float d = a[i] - b[i];
      sum += d * d;
    }
    return sum;
  }
}
