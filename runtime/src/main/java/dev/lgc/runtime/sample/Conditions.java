package dev.lgc.runtime.sample;

import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.data.TextFeatures;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.model.InputKind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** The conditions of samples: the class or caption that each shall show. */
public sealed interface Conditions {
  /** The number of samples. */
  int size();

  /**
   * Writes sample {@code from} to row {@code row} of an input.
   *
   * @param type the input's type, rows first
   * @throws BadInputException if the model does not take such conditions
   */
  void write(InputKind kind, TensorType type, int from, int row, MemorySegment into);

  /**
   * These, over and over: sample {@code i} shows what sample {@code i mod of.size()} of {@code of}
   * shows. Takes no memory of its own, however many samples there are.
   *
   * @param size how many samples
   */
  record Cycle(Conditions of, int size) implements Conditions {
    @Override
    public void write(InputKind kind, TensorType type, int from, int row, MemorySegment into) {
      of.write(kind, type, from % of.size(), row, into);
    }
  }

  /** A class for each sample. */
  record Classes(int... labels) implements Conditions {
    @Override
    public int size() {
      return labels.length;
    }

    @Override
    public void write(InputKind kind, TensorType type, int from, int row, MemorySegment into) {
      if (kind != InputKind.LABEL) {
        throw new BadInputException(
            "classes", "captions, which the model draws", "give features with --text-features");
      }
      into.setAtIndex(ValueLayout.JAVA_INT, row, labels[from]);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Classes c && Arrays.equals(labels, c.labels);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(labels);
    }

    @Override
    public String toString() {
      return "classes " + Arrays.toString(labels);
    }
  }

  /**
   * A caption for each sample.
   *
   * @param features of captions
   * @param rows which of them
   */
  record Captions(TextFeatures features, int... rows) implements Conditions {
    /** Refuses captions without a token. */
    public Captions {
      for (int i : rows) {
        if (features.length(i) == 0) {
          throw BadInputException.in(
              features.path(), "caption " + i + " has no token", "at least one", "");
        }
      }
    }

    @Override
    public int size() {
      return rows.length;
    }

    @Override
    public void write(InputKind kind, TensorType type, int from, int row, MemorySegment into) {
      switch (kind) {
        case CAPTION -> {
          features.requireWidth(type.shape().dim(2));
          features.features(rows[from], type.shape().dim(1), row, into);
        }
        case MASK -> features.mask(rows[from], type.shape().dim(1), row, into);
        case LABEL ->
            throw new BadInputException(
                "captions", "classes, which the model draws", "give classes with --class");
        case IMAGE, CODES, VALID ->
            throw new BadInputException("a generator given " + kind, "classes or captions", "");
      }
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Captions c
          && features.equals(c.features)
          && Arrays.equals(rows, c.rows);
    }

    @Override
    public int hashCode() {
      return 31 * features.hashCode() + Arrays.hashCode(rows);
    }

    @Override
    public String toString() {
      return "captions " + Arrays.toString(rows) + " of " + features.path();
    }
  }
}
