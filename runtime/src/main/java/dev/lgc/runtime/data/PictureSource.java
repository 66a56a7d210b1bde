package dev.lgc.runtime.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/** Pictures with labels, by index. Sources are immutable and may be read from any thread. */
public interface PictureSource {

  /** The number of pictures. */
  int size();

  /** The class of picture {@code i}, from 0. */
  int label(int i);

  /**
   * Reads picture {@code i}, in its own size.
   *
   * @throws dev.lgc.runtime.io.TransientFailureException if it is not the picture that fails, but a
   *     disk or the memory
   * @throws BadInputException if it cannot be read: {@link #bad} then has it
   */
  void read(int i, Picture into);

  /** The names of the classes, by label. */
  List<String> classes();

  /** The name of picture {@code i} in messages: a file name, or a number. */
  String name(int i);

  /** The contents of the folder of the pictures, with what is left out; of other sources none. */
  default Optional<FolderContents> contents() {
    return Optional.empty();
  }

  /**
   * The pictures that were found unreadable, in the order in which they were found.
   *
   * @param from how many of them the caller knows already; they are not given again
   */
  default List<BadPicture> bad(int from) {
    return List.of();
  }

  /** Remembers that picture {@code i} cannot be read, as another process has found. */
  default void remember(int i, BadInputException why) {}

  /** A checksum of the names and labels of all pictures, in their order. */
  default String digest() {
    CRC32C sum = new CRC32C();
    for (int i = 0; i < size(); i++) {
      sum.update((name(i) + "\n" + label(i) + "\n").getBytes(UTF_8));
    }
    return Long.toHexString(sum.getValue());
  }

  /** The pictures {@code from} to {@code to - 1}. */
  default PictureSource range(int from, int to) {
    return new View(this, IntStream.range(from, to).toArray());
  }

  /** The pictures of {@code indices}, in that order. */
  default PictureSource subset(int... indices) {
    return new View(this, indices);
  }

  /**
   * Every {@code k}-th picture for validation (indices {@code k - 1, 2k - 1, …}), the others for
   * training.
   *
   * @throws BadInputException if that leaves either side empty
   */
  default Split holdOutEvery(int k) {
    if (k < 2 || size() < k) {
      throw new BadInputException(
          Text.format(
              "holding out every %s picture of %d leaves none to %s",
              k < 2 ? "single" : k + "th", size(), k < 2 ? "train on" : "hold out"),
          size() < 2 ? "at least 2 pictures" : "2 to " + size(),
          "");
    }
    int[] val = IntStream.range(0, size()).filter(i -> i % k == k - 1).toArray();
    int[] train = IntStream.range(0, size()).filter(i -> i % k != k - 1).toArray();
    return new Split(new View(this, train), new View(this, val));
  }

  /** Pictures to learn from and pictures to be judged by. */
  record Split(PictureSource train, PictureSource val) {}

  /** Some pictures of another source, in an order of its own. */
  final class View implements PictureSource {
    private final PictureSource whole;
    private final int[] indices;

    private View(PictureSource whole, int[] indices) {
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
    public Optional<FolderContents> contents() {
      return whole.contents();
    }

    @Override
    public List<BadPicture> bad(int from) {
      return whole.bad(from);
    }

    @Override
    public void remember(int i, BadInputException why) {
      whole.remember(indices[i], why);
    }

    @Override
    public String name(int i) {
      return whole.name(indices[i]);
    }
  }
}
