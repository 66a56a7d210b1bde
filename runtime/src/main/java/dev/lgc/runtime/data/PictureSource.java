package dev.lgc.runtime.data;

import dev.lgc.dsl.text.Text;
import dev.lgc.runtime.io.BadInputException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Pictures with labels, by index. Sources are immutable and may be read from any thread. */
public sealed interface PictureSource permits ImageFolder, IdxFiles, DrawnPictures, PictureView {

  /** The number of pictures. */
  int size();

  /** The class of picture {@code i}, from 0. */
  int label(int i);

  /**
   * Reads picture {@code i}, in its own size.
   *
   * @throws dev.lgc.runtime.io.PassingFailureException if it is not the picture that fails, but a
   *     disk or the memory
   * @throws BadInputException if it cannot be read: {@link #bad} then has it
   */
  void read(int i, Picture into);

  /** The names of the classes, by label. */
  List<String> classes();

  /** The name of picture {@code i} in messages: a file name, or a number. */
  String name(int i);

  /** The contents of the folder of the pictures, with what is left out; of other sources none. */
  default Optional<Contents> contents() {
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

  /** The pictures {@code from} to {@code to - 1}. */
  default PictureSource range(int from, int to) {
    return new PictureView(this, IntStream.range(from, to).toArray());
  }

  /** The pictures of {@code indices}, in that order. */
  default PictureSource subset(int... indices) {
    return new PictureView(this, indices);
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
    return new Split(new PictureView(this, train), new PictureView(this, val));
  }

  /** Pictures to learn from and pictures to be judged by. */
  record Split(PictureSource train, PictureSource val) {}
}
