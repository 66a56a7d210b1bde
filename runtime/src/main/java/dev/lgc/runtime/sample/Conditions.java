package dev.lgc.runtime.sample;

import dev.lgc.dsl.type.TensorType;
import dev.lgc.runtime.io.BadInputException;
import dev.lgc.runtime.io.SafetensorsFile;
import dev.lgc.runtime.io.StoredType;
import dev.lgc.runtime.io.TensorEntry;
import dev.lgc.runtime.model.InputKind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** What each sample shall show. */
public sealed interface Conditions {
  /** How many samples. */
  int size();

  /**
   * Writes sample {@code from} to row {@code row} of an input.
   *
   * @param type the input's type, rows first
   * @throws BadInputException if the model does not take such conditions
   */
  void write(InputKind kind, TensorType type, int from, int row, MemorySegment into);

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
   * Features of captions: {@code features} [n, t, c] and {@code mask} [n, t], 1 where there is
   * text.
   */
  record Captions(TensorEntry features, TensorEntry mask) implements Conditions {
    public Captions {
      long[] f = features.shape();
      long[] m = mask.shape();
      if (f.length != 3 || m.length != 2 || f[0] != m[0] || f[1] != m[1]) {
        throw new BadInputException(
            "features %s and mask %s".formatted(Arrays.toString(f), Arrays.toString(m)),
            "features [n, tokens, width] and mask [n, tokens]",
            "");
      }
    }

    /** Reads them. */
    public static Captions of(SafetensorsFile file) {
      return new Captions(file.tensor("features"), file.tensor("mask"));
    }

    @Override
    public int size() {
      return Math.toIntExact(features.shape()[0]);
    }

    @Override
    public void write(InputKind kind, TensorType type, int from, int row, MemorySegment into) {
      switch (kind) {
        case CAPTION -> {
          check(features, type, 1);
          check(features, type, 2);
          long n = features.elements() / size();
          features.readFloats(from * n, into, 4L * row * n, n);
        }
        case MASK -> {
          check(mask, type, 1);
          int n = Math.toIntExact(mask.shape()[1]);
          for (int i = 0; i < n; i++) {
            boolean on = mask.numberAt((long) from * n + i) != 0;
            into.set(ValueLayout.JAVA_BYTE, (long) row * n + i, (byte) (on ? 1 : 0));
          }
        }
        case LABEL ->
            throw new BadInputException(
                "captions", "classes, which the model draws", "give classes with --class");
        case IMAGE, CODES, VALID ->
            throw new BadInputException("a generator given " + kind, "classes or captions", "");
      }
    }

    private static void check(TensorEntry t, TensorType type, int axis) {
      if (t.shape()[axis] != type.shape().dim(axis)) {
        throw new BadInputException(
            t.name() + " " + Arrays.toString(t.shape()),
            type + ", which the model takes",
            t.dtype() == StoredType.BOOL
                ? ""
                : "are they of the text encoder it was trained with?");
      }
    }
  }
}
